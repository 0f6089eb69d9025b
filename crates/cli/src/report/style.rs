//! How reports look: in light and dark, on paper, on a telephone.

/// The style sheet. The two classes of pairs have the blue and the orange of Okabe and Ito's palette, which people with
/// any kind of colour blindness tell apart; nothing is said by colour alone.
pub const CSS: &str = include_str!("style.css");
