// Decides over requests with @cloud-copilot/iam-simulate, a program nobody here wrote, which runs beside the tests only.
// Arguments: the folder of node_modules, and a file with one case a line: {policies, boundary, service_control, session, action,
// resource, context}. Prints one line for each: Allowed, ImplicitlyDenied, ExplicitlyDenied, or an error.
import { createRequire } from "node:module";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const [modules, cases] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { runUnsafeSimulation } = require("@cloud-copilot/iam-simulate");
const { loadPolicy } = require("@cloud-copilot/iam-policy");
// what runUnsafeSimulation calls; it passes no session policy on, and the other way in refuses keys it does not know
const inside = (file) => require(`${modules}/@cloud-copilot/iam-simulate/dist/cjs/${file}.js`);
const { authorize } = inside("core_engine/CoreSimulatorEngine");
const { AwsRequestImpl } = inside("request/request");
const { RequestContextImpl } = inside("requestContext");
const { DiscoveryContextKeyConstraints } = inside("context_keys/discoveryContextKeyConstraints");
const account = "111122223333";

function withoutSession({ policies, boundary, service_control, action, resource, context }) {
  return runUnsafeSimulation(
    {
      identityPolicies: policies.map((policy, number) => ({ name: `${number}`, policy })),
      serviceControlPolicies: service_control
        ? [{ orgIdentifier: "o-1", policies: [{ name: "scp", policy: service_control }] }]
        : [],
      permissionBoundaryPolicies: boundary ? [{ name: "boundary", policy: boundary }] : undefined,
      resourceControlPolicies: [],
      request: {
        principal: `arn:aws:iam::${account}:user/taro`,
        action,
        resource: { resource, accountId: account },
        contextVariables: context,
      },
    },
    {},
  );
}

// it takes session policies of roles' sessions only
function withSession({ policies, boundary, service_control, session, action, resource, context }) {
  const load = (policy, name) => loadPolicy(policy, { name });
  return authorize({
    request: new AwsRequestImpl(
      `arn:aws:sts::${account}:assumed-role/developer/taro`,
      { resource, accountId: account },
      action,
      new RequestContextImpl(context),
    ),
    sessionPolicy: load(session, "session"),
    identityPolicies: policies.map((policy, number) => load(policy, `${number}`)),
    serviceControlPolicies: service_control
      ? [{ orgIdentifier: "o-1", policies: [load(service_control, "scp")] }]
      : [],
    resourceControlPolicies: [],
    resourcePolicy: undefined,
    permissionBoundaries: boundary ? [load(boundary, "boundary")] : undefined,
    vpcEndpointPolicies: undefined,
    simulationParameters: {
      simulationMode: "Strict",
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]),
    },
    serviceSettings: { s3: {} },
  }).result;
}

for await (const line of createInterface({ input: createReadStream(cases) })) {
  const asked = JSON.parse(line);
  let answer;
  try {
    answer = asked.session ? withSession(asked) : withoutSession(asked);
  } catch (error) {
    answer = `error: ${error.message}`.replaceAll("\n", " ");
  }
  console.log(typeof answer === "string" ? answer : JSON.stringify(answer));
}
