//! A command line that cannot be meant; exit code 2.

pub use yuyi_files::Misuse;
