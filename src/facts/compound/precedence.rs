//! How tightly operators bind.

use crate::facts::compound::ast::Binary;
use crate::facts::compound::ast::Order;

/// Of an operator between two values.
pub(super) fn precedence(sign: &str) -> Option<usize> {
    Some(match sign {
        "or" | "||" => 10,
        "and" | "&&" => 15,
        "==" | "!=" | "<" | ">" | ">=" | "<=" => 20,
        "in" | "matches" | "contains" | "startsWith" | "endsWith" => 20,
        ".." => 25,
        "+" | "-" => 30,
        "*" | "/" | "%" => 60,
        "**" | "^" => 100,
        "??" => 500,
        _ => return None,
    })
}

/// Of `not` and `!`.
pub(super) const NOT: usize = 50;

/// Of a sign in front of a number.
pub(super) const SIGNED: usize = 90;

/// What may follow `not` between two values.
pub(super) const NEGATABLE: [&str; 5] = ["in", "matches", "contains", "startsWith", "endsWith"];

/// The comparison by order that this sign is.
pub(super) fn order(sign: &str) -> Option<Order> {
    Some(match sign {
        "<" => Order::Less,
        "<=" => Order::LessOrEqual,
        ">" => Order::Greater,
        ">=" => Order::GreaterOrEqual,
        _ => return None,
    })
}

/// The operator that this sign is.
pub(super) fn binary(sign: &str) -> Option<Binary> {
    Some(match sign {
        "==" => Binary::Equal,
        "!=" => Binary::NotEqual,
        "in" => Binary::In,
        "matches" => Binary::Matches,
        "contains" => Binary::Contains,
        "startsWith" => Binary::StartsWith,
        "endsWith" => Binary::EndsWith,
        ".." => Binary::Range,
        "+" => Binary::Add,
        "-" => Binary::Subtract,
        "*" => Binary::Multiply,
        "/" => Binary::Divide,
        "%" => Binary::Remainder,
        "**" | "^" => Binary::Power,
        _ => return None,
    })
}
