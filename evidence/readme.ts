/** What a bundle says to whoever opens it without Sluice: the commands that check it by hand, made from its contents. Pure. */
import { NAMESPACES } from '../workflows/contract/decisions.js';
import { NAME } from '../workflows/contract/ids.js';
import { type Dossier, signedDecisions } from './dossier.js';
import { logPrincipal, stamp } from './signers.js';

export function readme(dossier: Dossier): string {
  const { plan, outcome, policySource, order } = dossier;
  const { tenant, model } = { tenant: plain(plan?.tenant), model: plain(plan?.model) };
  const parts = [
    `Evidence of rollout ${plain(rolloutIdOf(dossier))} of model ${model}, tenant ${tenant}: ${plain(outcome?.outcome) || 'not ended'}.`,
    'With Sluice (no network, no Temporal; ROOT.pub comes to you by another way than this file):\n  sluice verify BUNDLE --trust ROOT.pub',
    'By hand, in the directory this was unpacked to:',
    '1. Nothing was altered since it was bundled:\n  sha256sum -c SHA256SUMS',
    ...(policySource ? [policyCommands(policySource.signatures.length)] : []),
    ...(order ? [commands('3. Who started it:', [startCommand(dossier)])] : []),
    commands('4. Each decision, by a key of allowed_signers, valid when it was taken:', decisionCommands(dossier)),
    commands('5. Each checkpoint, by a log key; the last covers the whole journal:', checkpointCommands(dossier)),
    NOT_PROVEN,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const NOT_PROVEN = `What no check of this file can prove: that the sources measured the truth; that the times are right (the
operator's clocks wrote them); that a person of the policy is who they are said to be.`;

/** Made by whoever checks, from keys that did not come with the bundle. */
function policyCommands(signatures: number): string {
  const roots = `printf 'root namespaces="${NAMESPACES.policy}" %s\\n' "$(cut -d' ' -f1,2 ROOT.pub)" > roots`;
  const each = Array.from({ length: signatures }, (_, index) =>
    verifying('roots', 'root', NAMESPACES.policy, `policy/policy.yaml.${index + 1}.sig`, 'policy/policy.yaml'),
  );
  return commands('2. The policy carries the signature of a root you trust (one line for each of its signatures):', [
    roots,
    ...each,
  ]);
}

function startCommand({ entries }: Dossier): string {
  const started = entries.find(({ event }) => event === 'started');
  const by = started?.by ?? '';
  if (!NAME.test(by) || !started) return '';
  return verifying('allowed_signers', by, NAMESPACES.start, 'start/order.sig', 'start/order.json', started.atMs);
}

function decisionCommands({ entries }: Dossier): string[] {
  return signedDecisions(entries).flatMap(({ entry }) => {
    const meaning = entry.details['decision'];
    const known = meaning === 'approve' || meaning === 'reject' || meaning === 'revoke';
    if (!known || entry.by === null || !NAME.test(entry.by)) return [];
    const path = `decisions/${entry.seq}`;
    const namespace = NAMESPACES[meaning];
    return [verifying('allowed_signers', entry.by, namespace, `${path}.sig`, `${path}.json`, entry.atMs)];
  });
}

function checkpointCommands({ checkpoints, policy }: Dossier): string[] {
  const logs = Array.isArray(policy?.logs) ? policy.logs : [];
  const names = logs.map(({ name }) => name).filter((name) => NAME.test(name));
  return checkpoints.flatMap(({ says }) => {
    const [name] = names;
    if (!says || name === undefined) return [];
    const path = `checkpoints/${says.size}`;
    // Which log key signed is for ssh-keygen to say where there are several.
    const principal = names.length === 1 ? logPrincipal(name) : `"$(${finding(path)})"`;
    return [verifying('allowed_signers', principal, NAMESPACES.checkpoint, `${path}.sig`, `${path}.json`)];
  });
}

function finding(path: string): string {
  return `ssh-keygen -Y find-principals -f allowed_signers -s ${path}.sig`;
}

function verifying(
  signers: string,
  principal: string,
  namespace: string,
  signature: string,
  text: string,
  atMs: number | null = null,
): string {
  const time = atMs === null ? '' : ` -Overify-time=${stamp(atMs)}`;
  return `ssh-keygen -Y verify -f ${signers} -I ${principal} -n ${namespace}${time} -s ${signature} < ${text}`;
}

function commands(title: string, lines: string[]): string {
  const some = lines.filter((line) => line !== '');
  return some.length === 0 ? '' : [title, ...some.map((line) => `  ${line}`)].join('\n');
}

export function rolloutIdOf({ entries }: Dossier): string {
  const said = entries.find(({ event }) => event === 'started')?.details['rolloutId'];
  return typeof said === 'string' ? said : '';
}

/** Names only: nothing that the evidence says can add a line to this text. */
function plain(text: unknown): string {
  return typeof text === 'string' ? text.replaceAll(/[^A-Za-z0-9._-]/g, '').slice(0, 100) : '';
}
