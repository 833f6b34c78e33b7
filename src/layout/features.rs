//! Target features: which the inputs use, which the output may use.

use super::Layout;
use super::message_order::table_order;
use crate::diagnostic::{Diagnostics, Kind};
use crate::index::*;
use crate::options::Options;
use crate::par;
use crate::resolve::Resolution;
use std::collections::{BTreeMap, BTreeSet};

impl Layout<'_> {
    /// Decides the allowed features and checks the inputs against them.
    pub(super) fn infer_features(&mut self, options: &Options, resolution: &Resolution, diagnostics: &mut Diagnostics) {
        let mut allowed: BTreeSet<String> = options.extra_features.iter().cloned().collect();
        allowed.extend(options.features.iter().flatten().cloned());
        if options.is_pic() {
            allowed.insert("mutable-globals".into());
        }
        let (mut used, mut disallowed) = (BTreeMap::new(), BTreeMap::new());
        let mut used_order = Vec::new();
        // Most objects of a program are compiled alike.
        for file in par::changes(resolution.files.as_slice(), |file| &file.contents.features) {
            for feature in file.contents.features.iter() {
                let name = file.object.name;
                match feature.prefix {
                    b'-' => disallowed.entry(feature.name).or_insert(name),
                    _ => used.entry(feature.name).or_insert_with(|| {
                        used_order.push(feature.name);
                        name
                    }),
                };
            }
        }
        if options.features.is_none() {
            allowed.extend(used.keys().map(|name| name.to_string()));
        }
        if options.check_features {
            let mut error = |message: String| diagnostics.error(Kind::Feature, message);
            check_needs(options, self.uses_tls, &allowed, &disallowed, &mut error);
            if options.features.is_some() {
                let refused = table_order(used_order).into_iter().filter(|feature| !allowed.contains(*feature));
                for feature in refused {
                    let file = used[feature];
                    error(format!("Target feature '{feature}' used by {file} is not allowed."));
                }
            }
            for file in resolution.files.iter().filter(|_| !disallowed.is_empty()) {
                for feature in file.contents.features.iter().filter(|feature| feature.prefix != b'-') {
                    if let Some(by) = disallowed.get(feature.name) {
                        error(format!(
                            "Target feature '{}' used in {} is disallowed by {by}. Use --no-check-features to suppress.",
                            feature.name, file.object.name
                        ));
                    }
                }
            }
        }
        self.emit_bss = options.emit_relocs || options.import_memory.is_some() && !allowed.contains("bulk-memory");
        self.extended_const = allowed.contains("extended-const");
        self.features = allowed;
    }

    /// Mutable globals may cross the module's border only with the feature for it.
    pub(super) fn check_mutable_globals(
        &self,
        options: &Options,
        resolution: &Resolution,
        diagnostics: &mut Diagnostics,
    ) {
        if options.relocatable || !options.check_features || self.features.contains("mutable-globals") {
            return;
        }
        let mut error = |what: &str, symbol: SymbolIdx| {
            let name = resolution.text(options, symbol);
            diagnostics.error(
                Kind::Feature,
                format!(
                    "mutable global {what} but 'mutable-globals' feature not present in inputs: `{name}`. Use \
                     --no-check-features to suppress."
                ),
            );
        };
        for import in &self.imports {
            if let super::Import::Global { symbol, ty } = import
                && ty.mutable
            {
                error("imported", *symbol);
            }
        }
        for export in &self.exports {
            if export.mutable_global
                && let Some(symbol) = export.symbol
            {
                error("exported", symbol);
            }
        }
    }
}

fn check_needs(
    options: &Options,
    uses_tls: bool,
    allowed: &BTreeSet<String>,
    disallowed: &BTreeMap<&str, &str>,
    error: &mut impl FnMut(String),
) {
    let needs = ["atomics", "bulk-memory"];
    if options.shared_memory {
        if let Some(file) = disallowed.get("shared-mem") {
            error(format!(
                "--shared-memory is disallowed by {file} because it was not compiled with 'atomics' or 'bulk-memory' features."
            ));
        }
        for feature in needs.iter().filter(|feature| !allowed.contains(**feature)) {
            error(format!("'{feature}' feature must be used in order to use shared memory"));
        }
    }
    if uses_tls {
        for feature in needs.iter().filter(|feature| !allowed.contains(**feature)) {
            error(format!("'{feature}' feature must be used in order to use thread-local storage"));
        }
    }
}
