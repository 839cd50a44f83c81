// Decides over requests with @cloud-copilot/iam-simulate, a program nobody here wrote, which runs beside the tests only.
// Arguments: the folder of node_modules, and a file with one case a line: {policies, boundary, service_control, action, resource, context}.
// Prints one line for each: Allowed, ImplicitlyDenied, ExplicitlyDenied, or an error.
import { createRequire } from "node:module";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const [modules, cases] = process.argv.slice(2);
const { runUnsafeSimulation } = createRequire(`${modules}/`)("@cloud-copilot/iam-simulate");
const account = "111122223333";
for await (const line of createInterface({ input: createReadStream(cases) })) {
  const { policies, boundary, service_control, action, resource, context } = JSON.parse(line);
  let answer;
  try {
    answer = runUnsafeSimulation(
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
  } catch (error) {
    answer = `error: ${error.message}`.replaceAll("\n", " ");
  }
  console.log(typeof answer === "string" ? answer : JSON.stringify(answer));
}
