//! A context: extensions, and what they are written as.

use super::super::global::Globals;
use super::super::{List, Written};
use super::Extension;
use crate::xml::XmlError;

/// A named list of extensions, tried in order.
///
/// ```
/// use jackfield_api::snapshot::{Condition, Context, Extension};
///
/// let echo = Condition::on("destination_number", "^9196$").run("answer", "").run("echo", "");
/// let context = Context::new("default", [Extension::new("echo", echo)]);
/// assert_eq!(context.extensions().len(), 1);
/// ```
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(from = "KeptContext"))]
pub struct Context {
    name: String,
    extensions: List<Extension>,
    /// Each extension as an answer holds it, in the rows of these, and all of them together.
    #[cfg_attr(feature = "stored", serde(skip))]
    parts: List<Written>,
    #[cfg_attr(feature = "stored", serde(skip))]
    written: Written,
}

/// What is kept of a context.
#[cfg_attr(feature = "stored", derive(serde::Deserialize))]
struct KeptContext {
    name: String,
    extensions: List<Extension>,
}

impl From<KeptContext> for Context {
    fn from(kept: KeptContext) -> Self {
        Self::new(kept.name, kept.extensions)
    }
}

impl Context {
    /// A context with these extensions. Their names may repeat.
    pub fn new(name: impl Into<String>, extensions: impl Into<List<Extension>>) -> Self {
        let (name, extensions) = (name.into(), extensions.into());
        let parts = extensions.like(|_| Written::default());
        Self { name, extensions, parts, written: Written::default() }
    }

    /// The name, as in `user_context`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The extensions, in their order.
    pub fn extensions(&self) -> &List<Extension> {
        &self.extensions
    }

    /// All extensions as an answer holds them: `write` writes one.
    pub(crate) fn written(
        &self,
        write: impl Fn(&Extension) -> Result<Box<str>, XmlError>,
    ) -> Result<&str, XmlError> {
        let all = || {
            let mut all = String::new();
            for (extension, part) in self.extensions.iter().zip(&self.parts) {
                all.push_str(part.get_or_init(|| write(extension)).as_ref().map_err(Clone::clone)?);
            }
            Ok(all.into_boxed_str())
        };
        self.written.get_or_init(all).as_deref().map_err(Clone::clone)
    }

    pub(in crate::snapshot) fn rename(&mut self, name: String) {
        self.name = name;
    }

    pub(in crate::snapshot) fn put(&mut self, position: i64, row: i64, extension: Extension) {
        self.extensions.put(position, row, extension);
        self.parts.put(position, row, Written::default());
        self.written = Written::default();
    }

    pub(in crate::snapshot) fn remove(&mut self, row: i64) {
        self.extensions.remove(row);
        self.parts.remove(row);
        self.written = Written::default();
    }

    /// Puts globals into every extension, before the context is published.
    pub(in crate::snapshot) fn resolve(&mut self, globals: &Globals) {
        self.extensions.iter_mut().for_each(|extension| extension.resolve(globals));
        *self = Self::new(std::mem::take(&mut self.name), std::mem::take(&mut self.extensions));
    }
}
