//! Attributes of elements, kept as settings.

use jackfield_api::snapshot::Setting;
use jackfield_api::xml::is_name;

/// Says why a switch cannot be told these attributes of an element that has a `name` besides.
pub(super) fn check_attributes(attributes: &[Setting]) -> Result<(), String> {
    for (at, attribute) in attributes.iter().enumerate() {
        let name = &attribute.name;
        if !is_name(name) {
            return Err(format!("«{}» is no name of an attribute", name.escape_debug()));
        }
        if name == "name" {
            return Err("«name» is its own name: --name changes it".to_owned());
        }
        if attributes[..at].iter().any(|other| other.name == *name) {
            return Err(format!("the attribute «{name}» is there twice"));
        }
        let carried = attribute.value().check();
        carried.map_err(|refused| format!("the value of «{name}»: {refused}"))?;
    }
    Ok(())
}
