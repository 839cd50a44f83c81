WITH named AS (
  SELECT
    eventtime, eventsource, eventname, awsregion, sourceipaddress, useragent, errorcode, requestparameters,
    responseelements, additionaleventdata, readonly, resources, managementevent, eventcategory, sessioncredentialfromconsole,
    coalesce(recipientaccountid, useridentity.accountid, '') AS in_account,
    useridentity.arn AS arn,
    useridentity.principalid AS principalid,
    useridentity.accountid AS accountid,
    useridentity.username AS username,
    useridentity.invokedby AS invokedby,
    useridentity.accesskeyid AS accesskeyid,
    useridentity.onbehalfof.userid AS userid,
    useridentity.sessioncontext.sessionissuer.arn AS issuer,
    useridentity.sessioncontext.sourceidentity AS sourceidentity,
    useridentity.sessioncontext.attributes.mfaauthenticated AS mfa,
    coalesce(useridentity.sessioncontext.webidfederationdata.federatedprovider, useridentity.identityprovider) AS provider,
    CASE
      WHEN useridentity.type IN ('AssumedRole', 'Role') THEN 'role'
      WHEN useridentity.type = 'IAMUser' THEN 'iam_user'
      WHEN useridentity.type = 'AWSService' THEN 'service'
      WHEN useridentity.type = 'Root' THEN 'root'
      WHEN useridentity.type = 'AWSAccount' THEN 'other_account'
      WHEN useridentity.type = 'IdentityCenterUser' THEN 'identity_center_user'
      WHEN useridentity.type = 'WebIdentityUser' THEN 'web_identity'
      WHEN useridentity.type = 'SAMLUser' THEN 'saml'
      WHEN useridentity.type = 'FederatedUser' THEN 'federated_user'
      WHEN strpos(useridentity.arn, ':assumed-role/') > 0 THEN 'role'
      WHEN strpos(useridentity.arn, ':federated-user/') > 0 THEN 'federated_user'
      WHEN strpos(useridentity.arn, ':user/') > 0 THEN 'iam_user'
      ELSE 'unknown'
    END AS kind
  FROM {from}
  WHERE eventsource IS NOT NULL
    AND eventname IS NOT NULL
    AND regexp_like(eventtime, '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$'){partitions}
),
folded AS (
  SELECT
    *,
    CASE kind
      WHEN 'role' THEN coalesce(issuer, CASE WHEN strpos(arn, ':assumed-role/') > 0 THEN regexp_replace(arn, '/[^/]*$', '') ELSE arn END)
      WHEN 'federated_user' THEN coalesce(issuer, arn)
      WHEN 'service' THEN coalesce(invokedby, arn)
      WHEN 'other_account' THEN coalesce(arn, regexp_replace(principalid, ':.*$', ''), accountid)
      WHEN 'identity_center_user' THEN coalesce(userid, arn)
      WHEN 'web_identity' THEN coalesce(username, principalid, arn)
      WHEN 'saml' THEN coalesce(username, principalid, arn)
      ELSE arn
    END AS who,
    CASE
      WHEN kind = 'role' AND strpos(arn, ':assumed-role/') > 0 THEN regexp_replace(arn, '^.*/', '')
      WHEN kind = 'federated_user' AND strpos(arn, '/') > 0 THEN regexp_replace(arn, '^.*/', '')
      WHEN kind = 'other_account' AND strpos(principalid, ':') > 0 THEN regexp_replace(principalid, '^.*:', '')
    END AS session,
    errorcode IS NULL AS is_success,
    coalesce(regexp_like(errorcode, 'AccessDenied|Unauthorized|Forbidden|NotAuthorized'), FALSE) AS is_denied,
    CASE
      WHEN eventcategory = 'Management' OR (coalesce(eventcategory, '') = '' AND managementevent = 'true') THEN 'management'
      WHEN eventcategory = 'Data' OR (coalesce(eventcategory, '') = '' AND managementevent = 'false')
        THEN 'data ' || coalesce(element_at(filter(transform(resources, r -> r.type), t -> t IS NOT NULL), 1), eventsource)
      WHEN coalesce(eventcategory, '') = '' THEN 'unstated'
      ELSE lower(eventcategory)
    END || CASE readonly WHEN 'true' THEN ' read' WHEN 'false' THEN ' write' ELSE '' END AS class
  FROM named
),
listed AS (
  SELECT
    in_account,
    coalesce(who, invokedby, principalid, username, accountid, '') AS principal,
    CASE WHEN accesskeyid <> '' AND accesskeyid NOT LIKE 'ASIA%' AND kind NOT IN ('role', 'federated_user') THEN accesskeyid END AS access_key,
    CASE
      WHEN sourceidentity IS NOT NULL THEN sourceidentity
      WHEN kind = 'role' AND strpos(who, '/AWSReservedSSO_') > 0 THEN session
      WHEN kind = 'federated_user' THEN session
    END AS opened_by,
    eventtime, is_success, is_denied,
    concat(
      ARRAY[
        'all|',
        'kind|' || kind,
        CASE readonly WHEN 'true' THEN 'count|reads' WHEN 'false' THEN 'count|writes' END,
        CASE mfa WHEN 'true' THEN 'count|sessions_with_mfa' WHEN 'false' THEN 'count|sessions_without_mfa' END,
        CASE WHEN sessioncredentialfromconsole = 'true' THEN 'count|from_console' END,
        CASE WHEN eventname = 'ConsoleLogin' THEN
          CASE
            WHEN coalesce(json_extract_scalar(responseelements, '$.ConsoleLogin'), '') <> 'Success' THEN 'sign_in|failed'
            WHEN coalesce(json_extract_scalar(additionaleventdata, '$.MFAUsed'), '') = 'Yes' THEN 'sign_in|with_mfa'
            ELSE 'sign_in|without_mfa'
          END
        END,
        'hour|' || CAST((date_diff('day', DATE '1970-01-01', CAST(substr(eventtime, 1, 10) AS DATE)) + 3) % 7 * 24 + CAST(substr(eventtime, 12, 2) AS INTEGER) AS VARCHAR),
        'action|' || eventsource || ':' || eventname,
        'error|' || errorcode,
        'address|' || sourceipaddress,
        'agent|' || useragent,
        'region|' || awsregion,
        CASE WHEN kind <> 'service' THEN 'invoked_by|' || invokedby END,
        'on_behalf_of|' || userid,
        'source_identity|' || sourceidentity,
        'session|' || session,
        'provider|' || provider,
        'class|' || class,
        'coverage|' || substr(eventtime, 1, 10) || '|' || CAST(length(coalesce(awsregion, '')) AS VARCHAR) || '|' || coalesce(awsregion, '') || class,
        CASE WHEN is_success AND eventname LIKE 'AssumeRole%' AND eventsource = 'sts.amazonaws.com' THEN
          'opening|' || CAST(length(json_extract_scalar(requestparameters, '$.roleArn')) AS VARCHAR) || '|' || json_extract_scalar(requestparameters, '$.roleArn') || coalesce(json_extract_scalar(requestparameters, '$.roleSessionName'), '')
        END
      ],
      CASE WHEN is_success THEN coalesce(transform(resources, r -> 'resource|' || eventsource || ':' || eventname || ' ' || r.arn), CAST(ARRAY[] AS ARRAY(VARCHAR))) ELSE CAST(ARRAY[] AS ARRAY(VARCHAR)) END
    ) AS entries
  FROM folded
),
counted AS (
  SELECT
    in_account,
    CASE WHEN entry LIKE 'coverage|%' THEN '' ELSE principal END AS principal,
    CASE WHEN entry LIKE 'coverage|%' THEN NULL ELSE access_key END AS access_key,
    CASE WHEN entry LIKE 'coverage|%' THEN NULL ELSE opened_by END AS opened_by,
    entry, eventtime, is_success, is_denied
  FROM listed
  CROSS JOIN UNNEST(entries) AS t(entry)
  WHERE entry IS NOT NULL
)
SELECT
  in_account, principal, access_key, opened_by, entry,
  count(*) AS events,
  min(eventtime) AS first_time,
  max(eventtime) AS last_time,
  count_if(is_success) AS succeeded_events,
  max(CASE WHEN is_success THEN eventtime END) AS succeeded_last,
  count_if(is_denied) AS denied_events,
  max(CASE WHEN is_denied THEN eventtime END) AS denied_last
FROM counted
GROUP BY in_account, principal, access_key, opened_by, entry
