//! Policies (PO-1 … PO-9).

mod reference;

pub(crate) use reference::PolicyRefView;
