//! Flags that say which columns of a file are read.

use yuyi_files::{Flags, Layout};

/// What the command line says of the columns of a file.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LayoutArgs {
    /// Columns to read, by name or number from 1 [default: found by their names, else the first ones]
    #[arg(long, env = "YUYI_COLUMNS", value_name = "A,B", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// The first row is data, whatever it looks like
    #[arg(long, env = "YUYI_NO_HEADER", value_parser = crate::switch::parse_yes)]
    pub no_header: bool,
}

impl LayoutArgs {
    /// The layout that they say.
    pub fn layout(&self) -> Layout {
        Layout {
            columns: self.columns.clone(),
            no_header: self.no_header,
            flags: Flags::COMMAND_LINE,
            of_faq: false,
        }
    }
}
