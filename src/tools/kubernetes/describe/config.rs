//! ConfigMaps, Secrets, namespaces and service accounts in words. A Secret's values are counted, never shown.

use super::super::tabs::Page;
use super::{annotations, head, labels};
use crate::sim::kubernetes::config::{ConfigMap, Namespace, Secret};

/// A ConfigMap.
pub(super) fn config_map(page: &mut Page, config_map: &ConfigMap) {
    head(page, &config_map.meta);
    labels(page, "Labels", &config_map.meta.labels);
    annotations(page, "Annotations", &config_map.meta.annotations);
    page.line(0, "");
    page.line(0, "Data");
    page.line(0, "====");
    for (name, value) in config_map.data.iter() {
        page.line(0, &format!("{name}:"));
        page.line(0, "----");
        for line in value.split('\n') {
            // A tab in the data would end a cell.
            page.line(0, &line.replace('\t', "        "));
        }
        page.line(0, "");
    }
    page.line(0, "");
    page.line(0, "BinaryData");
    page.line(0, "====");
    page.line(0, "");
}

/// A Secret.
pub(super) fn secret(page: &mut Page, secret: &Secret) {
    head(page, &secret.meta);
    labels(page, "Labels", &secret.meta.labels);
    annotations(page, "Annotations", &secret.meta.annotations);
    page.line(0, "");
    page.line(0, &format!("Type:\t{}", secret.secret_type));
    page.line(0, "");
    page.line(0, "Data");
    page.line(0, "====");
    for (name, value) in &secret.data {
        page.line(0, &format!("{name}:\t{} bytes", value.len()));
    }
}

/// A namespace.
pub(super) fn namespace(page: &mut Page, namespace: &Namespace) {
    page.line(0, &format!("Name:\t{}", namespace.meta.name));
    labels(page, "Labels", &namespace.meta.labels);
    annotations(page, "Annotations", &namespace.meta.annotations);
    page.line(0, "Status:\tActive");
    page.line(0, "");
    page.line(0, "No resource quota.");
    page.line(0, "");
    page.line(0, "No LimitRange resource.");
}

/// A namespace's own service account.
pub(super) fn service_account(page: &mut Page, namespace: &str) {
    for line in [
        "Name:\tdefault".to_owned(),
        format!("Namespace:\t{namespace}"),
        "Labels:\t<none>".to_owned(),
        "Annotations:\t<none>".to_owned(),
        "Image pull secrets:\t<none>".to_owned(),
        "Mountable secrets:\t<none>".to_owned(),
        "Tokens:\t<none>".to_owned(),
    ] {
        page.line(0, &line);
    }
}
