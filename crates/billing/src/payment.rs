//! Payments recorded against an order (OD-4).

use kernel::{IllegalMove, Money, OrderId, PaymentId, Timestamp};

use crate::PaidInFull;

/// Money that was received for an order. Never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// The order it pays.
    pub order: OrderId,
    /// The name that the outside world knows it by; unique among all payments.
    pub external_ref: String,
    /// How much: above zero, in whole minor units of the order's currency.
    pub amount: Money,
    /// When the money was received, as the payment's source says.
    pub received_at: Timestamp,
    /// When it was recorded here.
    pub recorded_at: Timestamp,
}

/// A payment to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentDraft {
    /// The id it gets.
    pub id: PaymentId,
    /// The name that the outside world knows it by; 1 to 200 characters.
    pub external_ref: String,
    /// How much: above zero, in whole minor units of the order's currency.
    pub amount: Money,
    /// When the money was received; not later than it is recorded.
    pub received_at: Timestamp,
}

/// What recording a payment did.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum PaymentOutcome {
    /// It was recorded; something is still due.
    Recorded(Payment),
    /// It was recorded and nothing is due any more: provision, then fulfil, in the same transaction.
    PaidInFull(Payment, PaidInFull),
    /// It had been recorded before; nothing was changed.
    AlreadyRecorded(Payment),
}

/// Why a payment was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordPayment {
    /// The order takes no payments now.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// A field is wrong.
    #[error(transparent)]
    Invalid(#[from] kernel::Invalid),
    /// More than is due.
    #[error("{amount} is more than the {due} that is due")]
    MoreThanDue {
        /// The payment.
        amount: Money,
        /// What is due.
        due: Money,
    },
    /// Not the order's currency.
    #[error("the payment is {amount}; the order is due in {due}")]
    WrongCurrency {
        /// The payment.
        amount: Money,
        /// What is due.
        due: Money,
    },
    /// The external reference belongs to another payment.
    #[error("payment {external_ref} is recorded already, with {amount} for order {order}")]
    ReferenceTaken {
        /// The reference.
        external_ref: String,
        /// The order that was paid with it.
        order: OrderId,
        /// How much was paid.
        amount: Money,
    },
}
