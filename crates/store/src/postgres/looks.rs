//! Looks into the index of declared fields as SQL: a filter is one statement, or a few.

use tokio_postgres::types::{ToSql, Type};

use super::tables::Tables;
use crate::collection::{Field, FieldType, FieldValue};
use crate::narrow::{Look, Plan};

/// Characters of a keyword that its index holds.
const STARTS: usize = 200;

/// A statement that finds keys of items, some perhaps more than once, as it is written.
pub(super) struct Statement<'a> {
    tables: &'a Tables,
    fields: &'a [Field],
    values: Vec<(Box<dyn ToSql + Sync>, Type)>,
}

impl<'a> Statement<'a> {
    pub(super) fn new(tables: &'a Tables, fields: &'a [Field]) -> Self {
        Self {
            tables,
            fields,
            values: Vec::new(),
        }
    }

    /// What is to be sent with it.
    pub(super) fn values(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        let given = self.values.iter();
        given
            .map(|(value, kind)| (&**value, kind.clone()))
            .collect()
    }

    /// Finds what a plan comes to. A union need not leave out what comes twice: what is made of it does.
    pub(super) fn plan(&mut self, plan: &Plan) -> String {
        match plan {
            Plan::Look(look) => self.look(look),
            Plan::Any(plans) if plans.is_empty() => self.nothing(),
            Plan::All(plans) => self.join(plans, " INTERSECT "),
            Plan::Any(plans) => self.join(plans, " UNION ALL "),
            Plan::Without(plan, others) => {
                let (plan, others) = (self.plan(plan), self.plan(others));
                format!("({plan}) EXCEPT ({others})")
            }
        }
    }

    fn join(&mut self, plans: &[Plan], by: &str) -> String {
        let parts: Vec<String> = plans
            .iter()
            .map(|plan| format!("({})", self.plan(plan)))
            .collect();
        parts.join(by)
    }

    /// Finds what a look does.
    pub(super) fn look(&mut self, look: &Look) -> String {
        match look {
            Look::Everything => format!("SELECT key FROM {}", self.tables.items),
            Look::Within(field, limits) => {
                let mut sql = self.of_field(*field);
                for (sign, value) in limits {
                    sql += &self.limit(sign, value);
                }
                sql
            }
            Look::OneOf(field, values) => {
                let condition = self.one_of(self.fields[*field].kind, values);
                self.of_field(*field) + &condition
            }
        }
    }

    fn nothing(&self) -> String {
        format!("SELECT key FROM {} WHERE false", self.tables.items)
    }

    fn of_field(&mut self, field: usize) -> String {
        let field = self.give(field as i64, Type::INT8);
        format!(
            "SELECT key FROM {} WHERE field = {field}",
            self.tables.fields
        )
    }

    fn limit(&mut self, sign: &str, value: &FieldValue) -> String {
        match value {
            FieldValue::Keyword(text) => {
                let text = self.give(without_nul(text), Type::TEXT);
                format!(
                    " AND left(keyword, {STARTS}) {sign} left({text}, {STARTS}) AND keyword {sign} {text}"
                )
            }
            FieldValue::Number(number) => {
                let number = self.give(*number, Type::FLOAT8);
                format!(" AND number {sign} {number}")
            }
            FieldValue::Time(time) => {
                let time = self.give(time.micros(), Type::INT8);
                format!(" AND time {sign} {time}")
            }
        }
    }

    fn one_of(&mut self, kind: FieldType, values: &[FieldValue]) -> String {
        let (mut keywords, mut numbers, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for value in values {
            match value {
                FieldValue::Keyword(text) => keywords.push(without_nul(text)),
                FieldValue::Number(number) => numbers.push(*number),
                FieldValue::Time(time) => times.push(time.micros()),
            }
        }
        match kind {
            FieldType::Keyword => {
                let starts = keywords
                    .iter()
                    .map(|text| text.chars().take(STARTS).collect());
                let starts = self.give(starts.collect::<Vec<String>>(), Type::TEXT_ARRAY);
                let keywords = self.give(keywords, Type::TEXT_ARRAY);
                format!(
                    " AND left(keyword, {STARTS}) = ANY ({starts}) AND keyword = ANY ({keywords})"
                )
            }
            FieldType::Number => {
                let numbers = self.give(numbers, Type::FLOAT8_ARRAY);
                format!(" AND number = ANY ({numbers})")
            }
            FieldType::Time => {
                let times = self.give(times, Type::INT8_ARRAY);
                format!(" AND time = ANY ({times})")
            }
        }
    }

    /// Sends a value along; how it is named.
    fn give(&mut self, value: impl ToSql + Sync + 'static, kind: Type) -> String {
        self.values.push((Box::new(value), kind));
        format!("${}", self.values.len())
    }
}

/// A keyword as it is kept: PostgreSQL's text has no NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
