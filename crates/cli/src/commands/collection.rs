//! `yuyi collection`: texts that are kept.

mod backup;
mod check;
mod create;
mod discard;
pub(super) mod embedding;
mod export;
mod import;
mod list;
pub(super) mod place;
mod reindex;
mod search;
mod shown;

use crate::args::{CollectionArgs, CollectionCommand};

/// Does what one of the commands asks for.
pub fn run(args: &CollectionArgs) -> anyhow::Result<()> {
    match &args.command {
        CollectionCommand::List(args) => list::run(args),
        CollectionCommand::Create(args) => create::run(args),
        CollectionCommand::Drop(args) => discard::run(args),
        CollectionCommand::Import(args) => import::run(args),
        CollectionCommand::Export(args) => export::run(args),
        CollectionCommand::Search(args) => search::run(args),
        CollectionCommand::Reindex(args) => reindex::run(args),
        CollectionCommand::Backup(args) => backup::run(args),
        CollectionCommand::Check(args) => check::run(args),
    }
}
