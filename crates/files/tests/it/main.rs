//! Files as people have them: of other systems, of the programs that save them, broken ones, and what is written and read back.

mod broken;
mod layouts;
mod programs;
mod round_trip;
mod support;
