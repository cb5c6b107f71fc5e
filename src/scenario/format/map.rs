//! The map of the format: keys in order, a key given twice is an error (RON itself silently keeps the last).

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Serialize, Serializer};

/// A map from names to values, ordered by name. Reading one with a repeated name fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map<V>(BTreeMap<String, V>);

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<V> Map<V> {
    /// Adds or replaces an entry; for merging files and for building estates in tests.
    pub fn insert(&mut self, name: impl Into<String>, value: V) -> Option<V> {
        self.0.insert(name.into(), value)
    }

    /// The entries, mutable, in the order of their names.
    pub fn iter_mut(&mut self) -> btree_map::IterMut<'_, String, V> {
        self.0.iter_mut()
    }

    /// Changes one entry in place.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.0.get_mut(name)
    }
}

impl<V> Deref for Map<V> {
    type Target = BTreeMap<String, V>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V> FromIterator<(String, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<V> IntoIterator for Map<V> {
    type Item = (String, V);
    type IntoIter = btree_map::IntoIter<String, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Map<V> {
    type Item = (&'a String, &'a V);
    type IntoIter = btree_map::Iter<'a, String, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a, V> IntoIterator for &'a mut Map<V> {
    type Item = (&'a String, &'a mut V);
    type IntoIter = btree_map::IterMut<'a, String, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl<V: Serialize> Serialize for Map<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Map<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NoRepeats(PhantomData))
    }
}

struct NoRepeats<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for NoRepeats<V> {
    type Value = Map<V>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map from names to values: { \"name\": ... }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((name, value)) = access.next_entry::<String, V>()? {
            if entries.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format!(
                    "the name \"{name}\" is given twice"
                )));
            }
        }
        Ok(Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_is_an_error() {
        assert!(ron::from_str::<Map<i32>>(r#"{"a": 1, "b": 2}"#).is_ok());
        let error = ron::from_str::<Map<i32>>(r#"{"a": 1, "a": 2}"#).unwrap_err();
        assert!(
            error.to_string().contains("\"a\" is given twice"),
            "{error}"
        );
    }
}
