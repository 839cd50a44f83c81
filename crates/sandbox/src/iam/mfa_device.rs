//! Virtual MFA devices. Two different codes of six digits are taken for right: nothing here computes them.

use super::page::{page, truncation};
use super::tag::{given, tags_xml};
use super::{Context, Family, Reply, already_exists, delete_conflict, no_such_entity, quota, user};
use crate::error::ApiError;
use crate::state::iam::AccountIam;
use crate::state::iam_user::Device;
use crate::state::id::{AccountId, upper};
use crate::state::organization::Tags;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateVirtualMFADevice", create),
    ("EnableMFADevice", enable),
    ("DeactivateMFADevice", deactivate),
    ("ListMFADevices", list_of_user),
    ("ListVirtualMFADevices", list),
    ("DeleteVirtualMFADevice", delete),
    ("GetMFADevice", get),
    ("ResyncMFADevice", resync),
];

const MOST_PER_USER: usize = 8;

fn create(context: &mut Context<'_>) -> Reply {
    let (account, path) = (context.account(), context.path());
    let name = context.required("VirtualMFADeviceName")?;
    let serial = format!("arn:aws:iam::{account}:mfa{path}{name}");
    let tags = given(context.form)?;
    if context.own().devices.contains_key(&serial) {
        return Err(already_exists("MFADevice entity at the same path and name already exists.".to_owned()));
    }
    // a blob is base64 on the wire, and what it holds is base32
    let seed = upper(&mut context.world.rng, 64);
    context.own().devices.insert(serial.clone(), Device { enabled: None, tags });
    let described = Xml::default()
        .leaf("SerialNumber", &serial)
        .leaf("Base32StringSeed", crate::wire::base64(seed.as_bytes()))
        .leaf("QRCodePNG", crate::wire::base64(b"\x89PNG\r\n\x1a\n"));
    Ok(Some(Xml::default().node("VirtualMFADevice", described)))
}

fn enable(context: &mut Context<'_>) -> Reply {
    let (name, now) = (context.required("UserName")?.to_owned(), context.now);
    let serial = context.required("SerialNumber")?.to_owned();
    let different = context.required("AuthenticationCode1")? != context.required("AuthenticationCode2")?;
    if context.user(&name)?.devices.len() >= MOST_PER_USER {
        return Err(quota("MfaDevicesPerUser", MOST_PER_USER));
    }
    let device = context.own().devices.get_mut(&serial).ok_or_else(|| missing(&serial))?;
    if device.enabled.is_some() {
        return Err(already_exists("MFA Device is already in use.".to_owned()));
    }
    if !different {
        return Err(wrong_code());
    }
    device.enabled = Some((name.clone(), now));
    context.user(&name)?.devices.insert(serial, now);
    Ok(None)
}

fn deactivate(context: &mut Context<'_>) -> Reply {
    let name = context.user_name()?;
    let serial = context.required("SerialNumber")?.to_owned();
    context.user(&name)?.devices.remove(&serial).ok_or_else(|| missing(&serial))?;
    if let Some(device) = context.own().devices.get_mut(&serial) {
        device.enabled = None;
    }
    Ok(None)
}

fn list_of_user(context: &mut Context<'_>) -> Reply {
    let name = context.user_name()?;
    let devices = context.user(&name)?.devices.clone();
    let (items, marker) = page(context, devices.iter().map(|(serial, since)| (serial, (serial, since))))?;
    let described = items.into_iter().map(|(serial, since)| {
        Xml::default().leaf("UserName", &name).leaf("SerialNumber", serial).leaf("EnableDate", iso8601(*since))
    });
    Ok(Some(truncation(Xml::default().list("MFADevices", described), marker)))
}

fn list(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let assigned = match context.text("AssignmentStatus") {
        Some("Assigned") => Some(true),
        Some("Unassigned") => Some(false),
        _ => None,
    };
    let iam = context.own().clone();
    let devices = iam.devices.iter().filter(|(_, device)| assigned.is_none_or(|only| device.enabled.is_some() == only));
    let (items, marker) = page(context, devices.map(|(serial, device)| (serial, (serial, device))))?;
    let described: Vec<Xml> =
        items.into_iter().map(|(serial, device)| describe(account, &iam, serial, device)).collect();
    Ok(Some(truncation(Xml::default().list("VirtualMFADevices", described), marker)))
}

fn delete(context: &mut Context<'_>) -> Reply {
    let serial = context.required("SerialNumber")?.to_owned();
    let device = context
        .own()
        .devices
        .get(&serial)
        .ok_or_else(|| no_such_entity(format!("VirtualMFADevice with serial number {serial} doesn't exist.")))?;
    if device.enabled.is_some() {
        return Err(delete_conflict("Must deactivate the virtual MFA device first."));
    }
    context.own().devices.remove(&serial);
    Ok(None)
}

/// The device of one user, or one that nobody has enabled.
fn get(context: &mut Context<'_>) -> Reply {
    let serial = context.required("SerialNumber")?.to_owned();
    let asked = context.text("UserName").map(str::to_owned);
    let device = context.own().devices.get(&serial).cloned().ok_or_else(|| missing(&serial))?;
    let owner = device.enabled.filter(|(owner, _)| asked.as_ref().is_none_or(|asked| asked == owner));
    match (asked, owner) {
        (Some(_), None) => Err(missing(&serial)),
        (None, None) => Ok(Some(Xml::default().leaf("SerialNumber", serial))),
        (_, Some((owner, since))) => {
            let xml = Xml::default().leaf("UserName", owner).leaf("SerialNumber", serial);
            Ok(Some(xml.leaf("EnableDate", iso8601(since))))
        }
    }
}

fn resync(context: &mut Context<'_>) -> Reply {
    let name = context.required("UserName")?.to_owned();
    let serial = context.required("SerialNumber")?.to_owned();
    let same = context.required("AuthenticationCode1")? == context.required("AuthenticationCode2")?;
    if !context.user(&name)?.devices.contains_key(&serial) {
        return Err(missing(&serial));
    }
    if same { Err(wrong_code()) } else { Ok(None) }
}

/// The tags of the device that the request names.
pub(super) fn tags<'a>(context: &'a mut Context<'_>) -> Result<&'a mut Tags, ApiError> {
    let serial = context.required("SerialNumber")?.to_owned();
    context.own().devices.get_mut(&serial).map(|device| &mut device.tags).ok_or_else(|| missing(&serial))
}

fn wrong_code() -> ApiError {
    ApiError::new("InvalidAuthenticationCode", "Authentication code for device is not valid.").with_status(403)
}

fn describe(account: AccountId, iam: &AccountIam, serial: &str, device: &Device) -> Xml {
    let xml = Xml::default().leaf("SerialNumber", serial).list("Tags", tags_xml(&device.tags));
    let Some((name, since)) = &device.enabled else { return xml };
    let xml = xml.leaf("EnableDate", iso8601(*since));
    match iam.users.get(name) {
        Some(owner) => xml.node("User", user::describe(account, name, owner, false)),
        None => xml,
    }
}

fn missing(serial: &str) -> ApiError {
    no_such_entity(format!("MFA Device with serial number {serial} does not exist."))
}
