//! Merging documents: strategic and plain merge patches, lists of operations, and fields nobody knows.

use serde_json::{Map, Value};

/// The deepest a patch is followed; the parser's own limit is 128.
const DEPTH: usize = 64;

/// A plain merge patch: maps are merged, `null` removes, all else replaces.
pub fn plain(before: &Value, patch: &Value) -> Value {
    merge(before, patch, false, "", 0)
}

/// kubectl's default: as a plain merge, but lists of named things are merged by their key.
pub fn strategic(before: &Value, patch: &Value) -> Value {
    merge(before, patch, true, "", 0)
}

fn merge(before: &Value, patch: &Value, by_key: bool, name: &str, depth: usize) -> Value {
    if depth > DEPTH {
        return before.clone();
    }
    match (before, patch) {
        (_, Value::Object(changes)) => {
            let mut after = before.as_object().cloned().unwrap_or_default();
            if by_key && changes.get("$patch").and_then(Value::as_str) == Some("replace") {
                after = Map::new();
            }
            for (field, change) in changes.iter().filter(|(field, _)| !field.starts_with('$')) {
                if change.is_null() {
                    after.shift_remove(field);
                } else {
                    let old = after.get(field).cloned().unwrap_or(Value::Null);
                    after.insert(field.clone(), merge(&old, change, by_key, field, depth + 1));
                }
            }
            Value::Object(after)
        }
        (Value::Array(_) | Value::Null, Value::Array(new)) if by_key => match merge_key(name) {
            // A list that is not there is an empty one: what a patch deletes from it is not there afterwards either.
            Some(key) => {
                let old = before.as_array().map_or(&[][..], Vec::as_slice);
                Value::Array(merge_lists(old, new, key, depth))
            }
            None => patch.clone(),
        },
        _ => patch.clone(),
    }
}

/// The field that names the items of a list, for the lists of a pod template and of a Service.
fn merge_key(list: &str) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" | "env" | "volumes" | "imagePullSecrets" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        "ports" => Some("containerPort"),
        "conditions" => Some("type"),
        _ => None,
    }
}

fn merge_lists(old: &[Value], new: &[Value], key: &str, depth: usize) -> Vec<Value> {
    // Ports are named by `containerPort` in a pod and by `port` in a Service.
    let key = if key == "containerPort" && new.iter().all(|item| item.get(key).is_none()) {
        "port"
    } else {
        key
    };
    let mut after = old.to_vec();
    for item in new {
        let same = |known: &Value| known.get(key).is_some() && known.get(key) == item.get(key);
        let place = after.iter().position(same);
        let delete = item.get("$patch").and_then(Value::as_str) == Some("delete");
        match place {
            Some(place) if delete => {
                after.remove(place);
            }
            Some(place) => {
                if let Some(known) = after.get_mut(place) {
                    *known = merge(known, item, true, "", depth + 1);
                }
            }
            None if delete => {}
            None => after.push(merge(&Value::Null, item, true, "", depth + 1)),
        }
    }
    after
}

/// A list of operations (`add`, `remove`, `replace`, `test`); the error is the server's cause.
pub fn operations(before: &Value, patch: &Value) -> Result<Value, String> {
    let Value::Array(steps) = patch else {
        return Err("the server rejected our request due to an error in our request".to_owned());
    };
    let mut after = before.clone();
    for step in steps {
        let text = |field: &str| step.get(field).and_then(Value::as_str).unwrap_or_default();
        let (operation, path) = (text("op"), text("path"));
        let value = step.get("value").cloned().unwrap_or(Value::Null);
        let (parent, last) = path.rsplit_once('/').ok_or_else(|| {
            format!("{operation} operation does not apply: doc is missing path: {path}")
        })?;
        let last = last.replace("~1", "/").replace("~0", "~");
        let missing = || {
            format!(
                "{operation} operation does not apply: doc is missing path: \"{path}\": missing value"
            )
        };
        if operation == "test" {
            if after.pointer(path) != Some(&value) {
                return Err(format!("testing value {path} failed: test failed"));
            }
            continue;
        }
        match (after.pointer_mut(parent).ok_or_else(missing)?, operation) {
            (Value::Object(map), "add") => {
                map.insert(last, value);
            }
            (Value::Object(map), "replace") => {
                *map.get_mut(&last).ok_or_else(missing)? = value;
            }
            (Value::Object(map), "remove") => {
                map.shift_remove(&last).ok_or_else(missing)?;
            }
            (Value::Array(items), "add") if last == "-" => items.push(value),
            (Value::Array(items), _) => {
                let index: usize = last.parse().map_err(|_| missing())?;
                match operation {
                    "add" if index <= items.len() => items.insert(index, value),
                    "replace" => *items.get_mut(index).ok_or_else(missing)? = value,
                    "remove" if index < items.len() => {
                        items.remove(index);
                    }
                    _ => return Err(missing()),
                }
            }
            _ => return Err(format!("Unexpected kind: {operation}")),
        }
    }
    Ok(after)
}

/// Fields that an object may have although this one does not have them now.
const KNOWN: [&str; 42] = [
    "annotations",
    "args",
    "automountServiceAccountToken",
    "command",
    "configMapKeyRef",
    "data",
    "deletionGracePeriodSeconds",
    "env",
    "envFrom",
    "fieldRef",
    "generateName",
    "imagePullPolicy",
    "initialDelaySeconds",
    "labels",
    "lifecycle",
    "limits",
    "livenessProbe",
    "managedFields",
    "minReadySeconds",
    "minReplicas",
    "name",
    "nodeSelector",
    "optional",
    "paused",
    "ports",
    "protocol",
    "readinessProbe",
    "readOnly",
    "requests",
    "resourceFieldRef",
    "rollingUpdate",
    "secretKeyRef",
    "securityContext",
    "startupProbe",
    "subPath",
    "suspend",
    "taints",
    "tolerations",
    "unschedulable",
    "value",
    "valueFrom",
    "volumes",
];

/// The first field of an edited document that neither the object has nor objects of its kind can have. Maps below a
/// known field are the writer's own.
pub fn unknown_field(after: &Value, before: &Value) -> Option<String> {
    unknown(after, before, "", 0)
}

fn unknown(after: &Value, before: &Value, path: &str, depth: usize) -> Option<String> {
    if depth > DEPTH {
        return None;
    }
    match after {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let here = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            match before.get(name) {
                Some(known) if is_free(name) || known.is_null() => None,
                Some(known) => unknown(value, known, &here, depth + 1),
                None if is_known(name) => None,
                None => Some(here),
            }
        }),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            let known = before.get(index)?;
            unknown(item, known, &format!("{path}[{index}]"), depth + 1)
        }),
        _ => None,
    }
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
        || [
            "volumeMounts",
            "maxSurge",
            "maxUnavailable",
            "cpu",
            "memory",
        ]
        .contains(&name)
}

/// Maps whose keys are the writer's own.
fn is_free(name: &str) -> bool {
    matches!(
        name,
        "labels"
            | "annotations"
            | "data"
            | "matchLabels"
            | "selector"
            | "nodeSelector"
            | "limits"
            | "requests"
            | "env"
            | "status"
            | "managedFields"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn named_lists_are_merged_by_name() {
        let before = json!({"spec": {"containers": [
            {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]},
            {"name": "b", "image": "b:1"},
        ]}});
        let patch = json!({"spec": {"containers": [
            {"name": "a", "image": "a:2", "env": [{"name": "Y", "value": "2"}]},
        ]}});
        assert_eq!(
            strategic(&before, &patch),
            json!({"spec": {"containers": [
                {"name": "a", "image": "a:2", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]},
                {"name": "b", "image": "b:1"},
            ]}})
        );
        assert_eq!(
            plain(&before, &patch)["spec"]["containers"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn null_removes_and_delete_takes_out() {
        let before = json!({"data": {"a": "1", "b": "2"}, "env": [{"name": "X"}, {"name": "Y"}]});
        let patch = json!({"data": {"a": null}, "env": [{"name": "X", "$patch": "delete"}]});
        assert_eq!(
            strategic(&before, &patch),
            json!({"data": {"b": "2"}, "env": [{"name": "Y"}]})
        );
        let none = json!({"name": "web"});
        let patch =
            json!({"env": [{"name": "X", "$patch": "delete"}, {"name": "Z", "value": "1"}]});
        assert_eq!(
            strategic(&none, &patch),
            json!({"name": "web", "env": [{"name": "Z", "value": "1"}]})
        );
    }

    #[test]
    fn operations_change_one_place_each() {
        let before = json!({"spec": {"replicas": 2, "list": [1, 2]}});
        let patch = json!([
            {"op": "test", "path": "/spec/replicas", "value": 2},
            {"op": "replace", "path": "/spec/replicas", "value": 3},
            {"op": "add", "path": "/spec/list/-", "value": 3},
            {"op": "remove", "path": "/spec/list/0"},
        ]);
        assert_eq!(
            operations(&before, &patch).unwrap(),
            json!({"spec": {"replicas": 3, "list": [2, 3]}})
        );
        let bad = json!([{"op": "remove", "path": "/spec/nothing"}]);
        assert!(operations(&before, &bad).is_err());
    }

    #[test]
    fn a_field_nobody_knows_is_named() {
        let before = json!({"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}});
        let after =
            json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "imagge": "x"}]}}}});
        assert_eq!(
            unknown_field(&after, &before).as_deref(),
            Some("spec.template.spec.containers[0].imagge")
        );
        assert_eq!(unknown_field(&before, &before), None);
    }

    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z$]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("(env|name|containers|a|b)", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_patch_is_merged_or_refused(before in documents(), patch in documents()) {
            let _ = strategic(&before, &patch);
            let _ = plain(&before, &patch);
            let _ = operations(&before, &patch);
            let _ = unknown_field(&patch, &before);
        }
    }
}
