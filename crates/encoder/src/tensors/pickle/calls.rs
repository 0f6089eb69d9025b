//! What a list of tensors may call, and what comes of it.

use super::{Call, MOST_DIMENSIONS, Machine, Object, Pickled, Storage, short, unsound};
use safetensors::Dtype;

impl<'a> Machine<'a> {
    pub(super) fn global(&mut self, code: u8) -> Result<(), String> {
        let (module, name) = match code {
            b'c' => (self.line()?, self.line()?),
            _ => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (&self.objects[module], &self.objects[name]) {
                    (&Object::Text(module), &Object::Text(name)) => (module, name),
                    _ => return Err(unsound()),
                }
            }
        };
        let object = match (module, name) {
            ("collections", "OrderedDict") => Object::Call(Call::OrderedDict),
            ("torch._utils", "_rebuild_tensor_v2") => Object::Call(Call::RebuildTensor),
            ("torch._utils", "_rebuild_parameter") => Object::Call(Call::RebuildParameter),
            ("torch", name) => Object::StorageType(storage_type(name)?),
            _ => return Err(foreign(module, name)),
        };
        self.push(object);
        Ok(())
    }

    /// A reference to a storage: ("storage", its type, its key, the device that it was on, its length).
    pub(super) fn persistent(&mut self) -> Result<(), String> {
        let reference = self.pop()?;
        let Object::Tuple(parts) = &self.objects[reference] else {
            return Err(unsound());
        };
        let &[kind, dtype, key, _, elements] = &parts[..] else {
            return Err(unsound());
        };
        let storage = match (
            &self.objects[kind],
            &self.objects[dtype],
            &self.objects[key],
        ) {
            (Object::Text("storage"), &Object::StorageType(dtype), &Object::Text(key)) => Storage {
                dtype,
                key: short(key)?,
                elements: self.size(elements)?,
            },
            _ => return Err(unsound()),
        };
        self.push(Object::Storage(storage));
        Ok(())
    }

    pub(super) fn call(&mut self) -> Result<(), String> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        let (Object::Call(call), Object::Tuple(arguments)) =
            (&self.objects[callee], &self.objects[arguments])
        else {
            return Err(unsound());
        };
        let made = match (call, &arguments[..]) {
            (Call::OrderedDict, []) => Object::Dict(Vec::new()),
            (Call::OrderedDict, &[list]) => match &self.objects[list] {
                Object::List(items) if items.is_empty() => Object::Dict(Vec::new()),
                _ => return Err(unsound()),
            },
            (Call::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
                Object::Tensor(self.tensor(storage, offset, (shape, strides))?)
            }
            (Call::RebuildParameter, &[tensor, ..]) => match &self.objects[tensor] {
                Object::Tensor(tensor) => Object::Tensor(tensor.clone()),
                _ => return Err(unsound()),
            },
            _ => return Err(unsound()),
        };
        self.push(made);
        Ok(())
    }

    fn tensor(
        &self,
        storage: usize,
        offset: usize,
        (shape, strides): (usize, usize),
    ) -> Result<Pickled<'a>, String> {
        let Object::Storage(storage) = self.objects[storage] else {
            return Err(unsound());
        };
        let (shape, strides) = (self.sizes(shape)?, self.sizes(strides)?);
        if shape.len() != strides.len() {
            return Err(unsound());
        }
        let mut expected = 1usize;
        let mut contiguous = true;
        for (&size, &stride) in shape.iter().zip(&strides).rev() {
            contiguous &= size <= 1 || stride == expected;
            expected = expected.saturating_mul(size);
        }
        Ok(Pickled {
            name: "",
            storage,
            offset: self.size(offset)?,
            contiguous: contiguous || shape.contains(&0),
            shape,
        })
    }

    fn size(&self, id: usize) -> Result<usize, String> {
        match self.objects[id] {
            Object::Int(number) => usize::try_from(number).map_err(|_| unsound()),
            _ => Err(unsound()),
        }
    }

    fn sizes(&self, id: usize) -> Result<Vec<usize>, String> {
        match &self.objects[id] {
            Object::Tuple(items) if items.len() > MOST_DIMENSIONS => {
                Err(format!("it has a tensor of {} dimensions", items.len()))
            }
            Object::Tuple(items) => items.iter().map(|&item| self.size(item)).collect(),
            _ => Err(unsound()),
        }
    }
}

fn storage_type(name: &str) -> Result<Dtype, String> {
    Ok(match name {
        "FloatStorage" => Dtype::F32,
        "DoubleStorage" => Dtype::F64,
        "HalfStorage" => Dtype::F16,
        "BFloat16Storage" => Dtype::BF16,
        "LongStorage" => Dtype::I64,
        "IntStorage" => Dtype::I32,
        "ShortStorage" => Dtype::I16,
        "CharStorage" => Dtype::I8,
        "ByteStorage" => Dtype::U8,
        "BoolStorage" => Dtype::BOOL,
        _ => return Err(foreign("torch", name)),
    })
}

fn foreign(module: &str, name: &str) -> String {
    let shown: String = format!("{module}.{name}").chars().take(100).collect();
    format!(
        "it asks for {shown:?} of Python, which is not among what a list of tensors needs and is not run"
    )
}
