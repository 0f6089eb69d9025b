//! Which vectors a collection of a model has.

use yuyi::{Model, ModelFacts, Side, VectorSpace};
use yuyi_store::{Collection, Error, Result, Role, Space};

/// The space of a collection of a model: `name` is what the model is called by those who ask for it, `vectors` what its vectors are known by. Texts of
/// one kind ([`Role::Symmetric`]) have the model's default prompt on both sides; articles ([`Role::Passage`]) and the questions to them have the prompts of those
/// names, where the model has such.
///
/// # Errors
/// [`Invalid`](Error::Invalid) where the model does not tell what its vectors are known by: they could not be told from those of another.
pub fn space_of(
    name: &str,
    facts: &ModelFacts,
    vectors: Option<VectorSpace>,
    role: Role,
) -> Result<Space> {
    let Some(vectors) = vectors else {
        let reason = format!(
            "The model {name} does not tell what its vectors are known by, so they cannot be kept."
        );
        return Err(Error::invalid("model", reason));
    };
    let (item_prompt, query_prompt) = match role {
        Role::Symmetric => (facts.default_prompt.clone(), facts.default_prompt.clone()),
        Role::Passage => {
            let of = |side| facts.prompt_of(side).to_owned();
            (of(Side::Passage), of(Side::Query))
        }
    };
    Ok(Space {
        model: Some(name.to_owned()),
        fingerprint: vectors.to_string(),
        dimension: facts.dimension,
        item_prompt,
        query_prompt,
    })
}

/// As [`space_of`], of a model that is there. Reads its weights, once.
///
/// # Errors
/// As [`space_of`].
pub fn space_of_model(model: &Model, role: Role) -> Result<Space> {
    let facts = model.facts();
    space_of(&facts.name, facts, model.embedder().vector_space(), role)
}

/// Whether the vectors of a model ([`space_of`]) may stand in a collection. Its prompts are its own and need not be the model's.
///
/// # Errors
/// [`ModelMismatch`](Error::ModelMismatch), with the names of both.
pub fn check_fits(collection: &Collection, model: &Space) -> Result<()> {
    let has = &collection.space;
    match has.fingerprint == model.fingerprint && has.dimension == model.dimension {
        true => Ok(()),
        false => Err(mismatch(collection, model)),
    }
}

/// Vectors of `given` were brought to a collection, or asked of it.
pub(crate) fn mismatch(collection: &Collection, given: &Space) -> Error {
    Error::ModelMismatch {
        name: collection.name.clone(),
        has: collection.space.to_string(),
        given: given.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::facts;

    fn prompts(facts: &ModelFacts, role: Role) -> (String, String) {
        let vectors = VectorSpace::new([7; 16].into(), None);
        let space = space_of("m", facts, Some(vectors), role).unwrap();
        assert_eq!(space.fingerprint, vectors.to_string());
        (space.item_prompt, space.query_prompt)
    }

    #[test]
    fn the_role_decides_the_prompts() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let e5 = facts(&[("query", "query: "), ("passage", "passage: ")], "query: ");
        assert_eq!(prompts(&e5, Role::Symmetric), pair("query: ", "query: "));
        assert_eq!(prompts(&e5, Role::Passage), pair("passage: ", "query: "));
        let bge = facts(&[("query", "for search: ")], "");
        assert_eq!(prompts(&bge, Role::Symmetric), pair("", ""));
        assert_eq!(prompts(&bge, Role::Passage), pair("", "for search: "));
        let none = facts(&[], "");
        assert_eq!(prompts(&none, Role::Passage), pair("", ""));
    }

    #[test]
    fn what_cannot_be_told_from_others_is_not_kept() {
        let error = space_of("m", &facts(&[], ""), None, Role::Symmetric).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("model: The model m does not tell")
        );
    }
}
