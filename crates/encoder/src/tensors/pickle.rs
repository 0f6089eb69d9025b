//! The list of tensors in a checkpoint of PyTorch, which is a program for Python's pickle machine.
//!
//! Python would run whatever the program names. This machine knows dictionaries, lists and numbers, and the four calls that a
//! list of tensors is made of; all else is refused by its name before anything comes of it. Every instruction takes at
//! least a byte and makes at most one object, and what a call copies is short, so memory and time are bounded by the length of
//! the program.

mod calls;

use safetensors::Dtype;
use std::collections::HashMap;

/// Most bytes of a name that a tensor or a storage may have: it is copied wherever the program repeats it.
const LONGEST_NAME: usize = 1000;

/// Most dimensions of a tensor.
const MOST_DIMENSIONS: usize = 8;

/// A tensor of a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pickled<'a> {
    pub(super) name: &'a str,
    pub(super) storage: Storage<'a>,
    /// First element in the storage.
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    /// The elements lie in the order of the shape.
    pub(super) contiguous: bool,
}

/// Elements that tensors share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Storage<'a> {
    pub(super) dtype: Dtype,
    /// Name of the file that has them.
    pub(super) key: &'a str,
    /// Number of elements.
    pub(super) elements: usize,
}

/// The tensors that a program makes a dictionary of. Other values in it are left out.
///
/// # Errors
/// In words, when the program is cut off or asks for something else.
pub(super) fn tensors(program: &[u8]) -> Result<Vec<Pickled<'_>>, String> {
    let mut machine = Machine {
        rest: program,
        ..Machine::default()
    };
    while machine.step()? {}
    let top = machine.pop()?;
    let Object::Dict(fields) = &machine.objects[top] else {
        return Err("it is no dictionary of tensors".into());
    };
    let tensor = |&(key, value): &(usize, usize)| {
        let (&Object::Text(name), Object::Tensor(tensor)) =
            (&machine.objects[key], &machine.objects[value])
        else {
            return None;
        };
        Some(short(name).map(|name| Pickled {
            name,
            ..tensor.clone()
        }))
    };
    fields.iter().filter_map(tensor).collect()
}

/// What the machine works on; others are named by their place in its list, so that what is remembered stays the same object.
#[derive(Debug)]
enum Object<'a> {
    None,
    Bool,
    Int(i64),
    Float,
    Text(&'a str),
    Tuple(Vec<usize>),
    List(Vec<usize>),
    Dict(Vec<(usize, usize)>),
    Call(Call),
    StorageType(Dtype),
    Storage(Storage<'a>),
    Tensor(Pickled<'a>),
}

/// What a program may call.
#[derive(Clone, Copy, Debug)]
enum Call {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
}

#[derive(Default)]
struct Machine<'a> {
    rest: &'a [u8],
    objects: Vec<Object<'a>>,
    stack: Vec<usize>,
    /// Lengths of the stack at the marks.
    marks: Vec<usize>,
    memo: HashMap<u32, usize>,
}

impl<'a> Machine<'a> {
    /// Runs an instruction; false at the last one.
    fn step(&mut self) -> Result<bool, String> {
        let [code] = self.take()?;
        match code {
            b'.' => return Ok(false),
            0x80 => self.protocol()?,
            // A frame, which only says how much may be read at once.
            0x95 => drop(self.take::<8>()?),
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.push(Object::None),
            0x88 | 0x89 => self.push(Object::Bool),
            b'J' | b'K' | b'M' | 0x8a => self.integer(code)?,
            b'G' => {
                self.take::<8>()?;
                self.push(Object::Float);
            }
            b'X' | b'T' | b'U' | 0x8c | 0x8d => self.text(code)?,
            b']' => self.push(Object::List(Vec::new())),
            b'}' => self.push(Object::Dict(Vec::new())),
            b')' => self.push(Object::Tuple(Vec::new())),
            b't' | 0x85..=0x87 => self.tuple(code)?,
            b'a' | b'e' | b's' | b'u' => self.fill(code)?,
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.remember(code)?,
            b'c' | 0x93 => self.global(code)?,
            b'Q' => self.persistent()?,
            b'R' => self.call()?,
            b'b' => self.build()?,
            other => {
                return Err(format!(
                    "it has the pickle instruction 0x{other:02x}, which no list of tensors needs"
                ));
            }
        }
        Ok(true)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(cut)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<&'a str, String> {
        let end = self.rest.iter().position(|&b| b == b'\n').ok_or_else(cut)?;
        let line = self.bytes(end)?;
        self.take::<1>()?;
        utf8(line)
    }

    fn push(&mut self, object: Object<'a>) {
        self.stack.push(self.objects.len());
        self.objects.push(object);
    }

    fn pop(&mut self) -> Result<usize, String> {
        let bottom = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > bottom {
            true => self.stack.pop().ok_or_else(unsound),
            false => Err(unsound()),
        }
    }

    /// What stands above the last mark, which is taken away.
    fn above_mark(&mut self) -> Result<Vec<usize>, String> {
        let mark = self.marks.pop().ok_or_else(unsound)?;
        Ok(self.stack.split_off(mark))
    }

    fn protocol(&mut self) -> Result<(), String> {
        match self.take()? {
            [2..=5] => Ok(()),
            [other] => Err(format!(
                "it is of pickle's protocol {other}; 2 to 5 are known"
            )),
        }
    }

    fn integer(&mut self, code: u8) -> Result<(), String> {
        let value = match code {
            b'K' => i64::from(self.take::<1>()?[0]),
            b'M' => i64::from(u16::from_le_bytes(self.take()?)),
            b'J' => i64::from(i32::from_le_bytes(self.take()?)),
            _ => {
                let [length] = self.take()?;
                let bytes = self.bytes(usize::from(length))?;
                // Of at most eight bytes; the last one tells the sign.
                let sign = if bytes.last().is_some_and(|b| b & 0x80 != 0) {
                    0xff
                } else {
                    0
                };
                let mut wide = [sign; 8];
                let place = wide.get_mut(..bytes.len());
                place
                    .ok_or("it has a number of more than 64 bits")?
                    .copy_from_slice(bytes);
                i64::from_le_bytes(wide)
            }
        };
        self.push(Object::Int(value));
        Ok(())
    }

    fn text(&mut self, code: u8) -> Result<(), String> {
        let length = match code {
            b'U' | 0x8c => u64::from(self.take::<1>()?[0]),
            b'X' | b'T' => u64::from(u32::from_le_bytes(self.take()?)),
            _ => u64::from_le_bytes(self.take()?),
        };
        let bytes = self.bytes(usize::try_from(length).map_err(|_| cut())?)?;
        let text = utf8(bytes)?;
        self.push(Object::Text(text));
        Ok(())
    }

    fn tuple(&mut self, code: u8) -> Result<(), String> {
        let items = match code {
            b't' => self.above_mark()?,
            _ => {
                let count = usize::from(code - 0x84);
                let mut items = Vec::with_capacity(count);
                for _ in 0..count {
                    items.push(self.pop()?);
                }
                items.reverse();
                items
            }
        };
        self.push(Object::Tuple(items));
        Ok(())
    }

    /// Puts what is on top into the list or dictionary below.
    fn fill(&mut self, code: u8) -> Result<(), String> {
        let items = match code {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.above_mark()?,
        };
        let &target = self.stack.last().ok_or_else(unsound)?;
        match (&mut self.objects[target], code) {
            (Object::List(list), b'a' | b'e') => list.extend(items),
            (Object::Dict(fields), b's' | b'u') if items.len().is_multiple_of(2) => {
                fields.extend(
                    items
                        .as_chunks::<2>()
                        .0
                        .iter()
                        .map(|&[key, value]| (key, value)),
                );
            }
            _ => return Err(unsound()),
        }
        Ok(())
    }

    /// Remembers what is on top under a number, or puts what was remembered on top.
    fn remember(&mut self, code: u8) -> Result<(), String> {
        let number = match code {
            b'q' | b'h' => u32::from(self.take::<1>()?[0]),
            b'r' | b'j' => u32::from_le_bytes(self.take()?),
            _ => self.memo.len() as u32,
        };
        if code == b'h' || code == b'j' {
            let &known = self.memo.get(&number).ok_or_else(unsound)?;
            self.stack.push(known);
        } else {
            let &top = self.stack.last().ok_or_else(unsound)?;
            self.memo.insert(number, top);
        }
        Ok(())
    }

    /// The attributes of a dictionary, which for a list of tensors are the versions of its modules: nothing that is needed.
    fn build(&mut self) -> Result<(), String> {
        self.pop()?;
        let &target = self.stack.last().ok_or_else(unsound)?;
        match self.objects[target] {
            Object::Dict(_) => Ok(()),
            _ => Err(unsound()),
        }
    }
}

fn short(name: &str) -> Result<&str, String> {
    match name.len() {
        0..=LONGEST_NAME => Ok(name),
        length => Err(format!("it has a name of {length} bytes")),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "it has a text that is not UTF-8".into())
}

fn cut() -> String {
    "it ends in the middle of an instruction".into()
}

fn unsound() -> String {
    "its instructions do not fit together".into()
}

#[cfg(test)]
mod tests;
