//! Servers of MIDDAG Account as processes, and clients that give them work: what is right under load, after a kill and through
//! restarts, and how fast it is.
//!
//! Everything goes through the program's command line and its HTTP interface, as an operator and an integrator use them. Clients
//! are threads with one connection each: they take little from the two cores that they share with what they measure.

pub mod balancer;
pub mod bare;
pub mod bench;
pub mod client;
pub mod drain;
pub mod kills;
pub mod place;
pub mod rolling;
pub mod scene;
pub mod work;
