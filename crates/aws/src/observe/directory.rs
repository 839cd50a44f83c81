//! Users, groups, members of groups.

use std::collections::BTreeMap;

use futures::FutureExt;
use model::id::{GroupId, UserId};
use model::principal::{Group, PrincipalId, User};
use model::reading::Reading;
use ports::{AwsError, CloudProgress};
use tokio::sync::oneshot;

use super::tally::Tally;
use super::{Principals, in_parallel};
use crate::api;
use crate::client::Inner;
use crate::error::odd_answer;
use crate::page::{Page, pages, whole};
use crate::permission_set::PAGE_SIZE;

/// The identity store as read.
pub(crate) struct Directory {
    pub(crate) users: Reading<BTreeMap<UserId, User>>,
    pub(crate) groups: Reading<BTreeMap<GroupId, Group>>,
    pub(crate) memberships: BTreeMap<GroupId, Reading<Vec<UserId>>>,
}

impl Inner {
    /// Users, groups and memberships; `tell` hears of users and groups as soon as both are there.
    pub(crate) async fn observe_directory(
        &self,
        tell: oneshot::Sender<Principals>,
        progress: &dyn CloudProgress,
    ) -> Directory {
        let (users, groups) = tokio::join!(self.users(progress), self.groups(progress));
        let (users, groups) = (self.reading(users), self.reading(groups));
        // Nobody listens any more only when the observation was dropped.
        let _ = tell.send(principals(&users, &groups));
        let memberships = match groups.value() {
            Some(groups) => self.memberships(&groups.keys().cloned().collect::<Vec<_>>(), progress).await,
            None => BTreeMap::new(),
        };
        Directory { users, groups, memberships }
    }

    async fn users(&self, progress: &dyn CloudProgress) -> Result<BTreeMap<UserId, User>, AwsError> {
        let api = &api::LIST_USERS;
        let store = self.instance().await?.store();
        let tally = &Tally::new(progress, "users");
        let users = pages(
            api,
            |user: &User| user.id.clone(),
            |token| async move {
                let answer = self
                    .call(api, || {
                        self.store
                            .list_users()
                            .identity_store_id(store)
                            .max_results(PAGE_SIZE)
                            .set_next_token(token.clone())
                            .send()
                    })
                    .await?;
                let next = answer.next_token().map(str::to_owned);
                tally.page(answer.users.len());
                Page::of(answer.users.into_iter().map(user), next)
            },
        );
        Ok(whole(users.await)?.into_iter().map(|user| (user.id.clone(), user)).collect())
    }

    async fn groups(&self, progress: &dyn CloudProgress) -> Result<BTreeMap<GroupId, Group>, AwsError> {
        let api = &api::LIST_GROUPS;
        let store = self.instance().await?.store();
        let tally = &Tally::new(progress, "groups");
        let groups = pages(
            api,
            |group: &Group| group.id.clone(),
            |token| async move {
                let answer = self
                    .call(api, || {
                        self.store
                            .list_groups()
                            .identity_store_id(store)
                            .max_results(PAGE_SIZE)
                            .set_next_token(token.clone())
                            .send()
                    })
                    .await?;
                let next = answer.next_token().map(str::to_owned);
                tally.page(answer.groups.len());
                Page::of(answer.groups.into_iter().map(group), next)
            },
        );
        Ok(whole(groups.await)?.into_iter().map(|group| (group.id.clone(), group)).collect())
    }

    async fn memberships(
        &self,
        groups: &[GroupId],
        progress: &dyn CloudProgress,
    ) -> BTreeMap<GroupId, Reading<Vec<UserId>>> {
        let tally = &Tally::new(progress, "memberships");
        tally.expect(groups.len());
        let all = in_parallel(groups.len(), |at| {
            let group = groups.get(at);
            async move {
                let group = group?;
                let members = self.reading(self.members(group).await);
                tally.done();
                Some((group.clone(), members))
            }
            .boxed()
        });
        all.await.into_iter().flatten().collect()
    }

    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>, AwsError> {
        let api = &api::LIST_GROUP_MEMBERSHIPS;
        let store = self.instance().await?.store();
        let members = pages(api, UserId::clone, |token| async move {
            let answer = self
                .call(api, || {
                    self.store
                        .list_group_memberships()
                        .identity_store_id(store)
                        .group_id(group.as_str())
                        .max_results(PAGE_SIZE)
                        .set_next_token(token.clone())
                        .send()
                })
                .await?;
            let next = answer.next_token().map(str::to_owned);
            let members = answer.group_memberships.into_iter().map(|membership| {
                let id = membership.member_id().and_then(|member| member.as_user_id().ok());
                let id = id.ok_or_else(|| odd_answer(api, "a membership without UserId"))?;
                UserId::new(id).map_err(|error| odd_answer(api, error))
            });
            Page::of(members, next)
        });
        let mut members = whole(members.await)?;
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }
}

fn principals(users: &Reading<BTreeMap<UserId, User>>, groups: &Reading<BTreeMap<GroupId, Group>>) -> Principals {
    match (users.value(), groups.value()) {
        (Some(users), Some(groups)) => Ok(users
            .keys()
            .cloned()
            .map(PrincipalId::User)
            .chain(groups.keys().cloned().map(PrincipalId::Group))
            .collect()),
        _ => Err(users.reason().or(groups.reason()).unwrap_or("not read").to_owned()),
    }
}

fn user(listed: aws_sdk_identitystore::types::User) -> Result<User, AwsError> {
    let id = UserId::new(listed.user_id()).map_err(|error| odd_answer(&api::LIST_USERS, error))?;
    let email = {
        let emails = listed.emails();
        let primary = emails.iter().find(|email| email.primary()).or(emails.first());
        primary.and_then(|email| email.value()).map(str::to_owned)
    };
    Ok(User {
        // The model promises no name. Under its id such a user is there, and no name in a catalog can mean it.
        user_name: listed.user_name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_string()),
        display_name: listed.display_name.filter(|name| !name.is_empty()),
        email,
        id,
    })
}

fn group(listed: aws_sdk_identitystore::types::Group) -> Result<Group, AwsError> {
    let id = GroupId::new(listed.group_id()).map_err(|error| odd_answer(&api::LIST_GROUPS, error))?;
    let display_name = listed.display_name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_string());
    Ok(Group { id, display_name })
}
