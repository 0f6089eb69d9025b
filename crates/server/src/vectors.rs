//! Vectors in replies: one block of numbers, however many there are.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use yuyi::{Vectors, shorten, unscaled};
use yuyi_serving::Embedded;

/// A vector for each input of a request, in order. In JSON each is a list of numbers.
#[derive(ToSchema)]
#[schema(as = Vectors, description = "A vector for each input.", value_type = Vec<Vec<f32>>)]
pub(crate) struct VectorLists(Vectors);

impl VectorLists {
    /// Unit vectors of the first `dimensions` numbers.
    pub(crate) fn shortened(embedded: &Embedded, dimensions: usize) -> Self {
        let vectors = embedded.vectors.iter();
        Self::from_rows(vectors.map(|text| shorten(&text.vector, dimensions)))
    }

    /// The first `dimensions` numbers, as long as the model gave the vectors.
    pub(crate) fn unscaled(embedded: &Embedded, dimensions: usize) -> Self {
        let vectors = embedded.vectors.iter();
        Self::from_rows(vectors.map(|text| unscaled(text, dimensions)))
    }

    fn from_rows<R: AsRef<[f32]>>(rows: impl Iterator<Item = R>) -> Self {
        Self(Vectors::from_rows(rows))
    }

    /// The vectors, in order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.0.iter()
    }
}

impl Serialize for VectorLists {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_a_list_for_each_vector_with_the_digits_of_its_numbers() {
        let rows = [
            vec![0.1f32, -1.0 / 3.0],
            vec![f32::MIN_POSITIVE, 16_777_216.0],
        ];
        let lists = VectorLists::from_rows(rows.iter());
        let json = serde_json::to_string(&lists).unwrap();
        assert_eq!(json, serde_json::to_string(&rows).unwrap());
        assert_eq!(json, "[[0.1,-0.33333334],[1.1754944e-38,16777216.0]]");
        let none = VectorLists::from_rows(std::iter::empty::<Vec<f32>>());
        assert_eq!(serde_json::to_string(&none).unwrap(), "[]");
    }
}
