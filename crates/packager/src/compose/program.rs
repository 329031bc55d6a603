//! `main.rs` of the generated crate.

use super::Ingredient;

pub(super) fn text(ingredients: &[Ingredient]) -> String {
    let agents: String = ingredients.iter().map(agent).collect();
    format!(
        "//! muster with agents of a company. Made from agents.yaml, and made anew with every build: changes are lost.\n\n\
         use std::process::ExitCode;\n\n\
         use muster::company::Compiled;\n\n\
         fn main() -> ExitCode {{\n    \
             muster::cli::main_with(std::env::args_os(), &muster::build_info::BUILD_INFO, AGENTS)\n\
         }}\n\n\
         const AGENTS: &[Compiled] = &[\n{agents}];\n"
    )
}

/// Names were judged, and texts are written as Rust writes them.
fn agent(ingredient: &Ingredient) -> String {
    format!(
        "    Compiled {{\n        name: {:?},\n        origin: {:?},\n        company: {}::COMPANY,\n    }},\n",
        ingredient.agent,
        ingredient.origin(),
        ingredient.key
    )
}
