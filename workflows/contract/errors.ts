/**
 * The error table: code, meaning, who acts, exit code. Codes are ApplicationFailure types, refusal codes of messages
 * and error codes of the CLI; docs/errors.md is generated from here. Sandbox-safe.
 */
export type WhoActs = 'engineer' | 'approver' | 'onCall' | 'platform' | 'sluice' | 'nobody';

export const EXIT = {
  done: 0,
  bug: 1,
  badInput: 2,
  refused: 3,
  unreachable: 4,
  rolledBack: 10,
  waiting: 11,
  timedOut: 12,
  terminated: 13,
  evidenceInvalid: 20,
  evidenceIncomplete: 21,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface ErrorRow {
  meaning: string;
  who: WhoActs;
  exit: ExitCode;
  /** Retried by Temporal when an activity throws it. */
  retryable: boolean;
}

export const ERRORS = {
  // Ends of a rollout
  RolledBack: row(
    'Every user is back on the baseline; the details say why, on which numbers, and how fast.',
    'engineer',
    EXIT.rolledBack,
  ),
  Refused: row('The rollout was not admitted; nothing was touched.', 'engineer', EXIT.refused),
  Cancelled: row(
    'Somebody cancelled the rollout; every user went back to the baseline first.',
    'engineer',
    EXIT.rolledBack,
  ),
  Terminated: row(
    'Somebody terminated the workflow; nothing was cleaned up, the lease lapses, `sluice reconcile` mends.',
    'onCall',
    EXIT.terminated,
  ),
  // Starting
  badPlan: row(
    'The plan cannot be read or breaks a rule; file, line, column and remedy are given.',
    'engineer',
    EXIT.badInput,
  ),
  badPlatform: row('The platform file cannot be read or breaks a rule.', 'platform', EXIT.badInput),
  badPolicy: row('The policy file cannot be read or breaks a rule.', 'platform', EXIT.badInput),
  badData: row(
    'Recorded data cannot be judged; file, line, field and reason of every bad row are given.',
    'engineer',
    EXIT.badInput,
  ),
  rolloutInProgress: row('The model has an open rollout; it is named.', 'engineer', EXIT.refused),
  belowFloor: row('The plan asks for less than the policy demands at this risk tier.', 'engineer', EXIT.refused),
  unsatisfiableQuorum: row(
    'Nobody, or too few people, can fill the approval rules after exclusions.',
    'engineer',
    EXIT.refused,
  ),
  modelUnknown: row('The policy does not list the model.', 'platform', EXIT.refused),
  boundElsewhere: row(
    'The policy binds the model to another tenant, target or registry than the plan names.',
    'engineer',
    EXIT.refused,
  ),
  policyMismatch: row(
    'The start order states a policy digest that the worker does not hold.',
    'platform',
    EXIT.refused,
  ),
  digestMismatch: row('A model version, an arm or the plan is not the one that was pinned.', 'engineer', EXIT.refused),
  armUnhealthy: row('An arm does not answer its health check or reports another digest.', 'onCall', EXIT.refused),
  targetTaken: row('Another rollout owns this flag.', 'engineer', EXIT.refused),
  unsupported: row('The target or source cannot do what the plan asks for.', 'engineer', EXIT.refused),
  policyUnsigned: row('The policy does not carry enough signatures of the trust roots.', 'platform', EXIT.refused),
  policyOlder: row('A newer policy has been in force here before.', 'platform', EXIT.refused),
  breakGlassRefused: row('The emergency start is not one the policy allows.', 'engineer', EXIT.refused),
  reviewOverdue: row(
    'An emergency start of this tenant was never reviewed; the review comes first.',
    'approver',
    EXIT.refused,
  ),
  // Exposure
  wrongCaller: row('Something other than the rollout itself asked for a change of exposure.', 'onCall', EXIT.refused),
  notNextStep: row('The exposure asked for is not the next step of the pinned plan.', 'onCall', EXIT.refused),
  notProven: row('The recorded windows do not prove the verdict that this raise stands on.', 'onCall', EXIT.refused),
  quorumLost: row('The decisions behind this raise do not hold any more.', 'approver', EXIT.refused),
  frozen: row('A freeze window is open; nothing is raised until it ends.', 'nobody', EXIT.refused),
  exposureConflict: row(
    'The store holds another revision or owner than the workflow expected.',
    'onCall',
    EXIT.refused,
  ),
  exposureClosed: row(
    'The store was closed for this rollout by a rollback; no raise is possible any more.',
    'nobody',
    EXIT.refused,
  ),
  leaseLapsed: row(
    'The lease ran out unrenewed; users are back on the baseline and the rollout rolls back.',
    'engineer',
    EXIT.refused,
  ),
  exposureUnreachable: row('The exposure store cannot be reached or written.', 'onCall', EXIT.unreachable, true),
  exposureUnverified: row(
    'A write was made but the evaluation plane does not show it yet.',
    'sluice',
    EXIT.unreachable,
    true,
  ),
  // Bake
  NotYet: row('Nothing is decided yet; the next attempt is the next poll.', 'nobody', EXIT.waiting, true),
  sourceUnavailable: row(
    'A source could not be asked; past its budget the gate is blind.',
    'onCall',
    EXIT.unreachable,
    true,
  ),
  storeUnavailable: row('The evidence store cannot be read or written.', 'onCall', EXIT.unreachable, true),
  registryConflict: row('The registry alias is not where this rollout expected it.', 'onCall', EXIT.refused),
  notifyFailed: row('A notification was not delivered; gates are unaffected.', 'platform', EXIT.unreachable, true),
  // Messages
  undecodable: row('A message could not be read.', 'engineer', EXIT.refused),
  unknownMessage: row('There is no message of that name.', 'engineer', EXIT.refused),
  wrongRollout: row('The message names another rollout than the one that runs.', 'engineer', EXIT.refused),
  rolloutIdMissing: row('Only messages that lower exposure may leave the rollout id out.', 'engineer', EXIT.refused),
  byMissing: row('The message does not say who sent it.', 'engineer', EXIT.refused),
  staleRequest: row('The decision answers a request that is closed or never was.', 'approver', EXIT.refused),
  noRequest: row('No decision is being asked for at present.', 'approver', EXIT.refused),
  unknownPerson: row('The policy knows no such person.', 'approver', EXIT.refused),
  notAPerson: row('Services cannot decide.', 'approver', EXIT.refused),
  roleNotHeld: row('The person holds none of the roles asked for.', 'approver', EXIT.refused),
  selfApproval: row('Whoever started the rollout is excluded from this decision.', 'approver', EXIT.refused),
  duplicate: row(
    'The same person has already decided this request, or the message came twice.',
    'nobody',
    EXIT.refused,
  ),
  expired: row('The decision came after the request had expired.', 'approver', EXIT.refused),
  unsigned: row('Decisions are signed here, and this one is not.', 'approver', EXIT.refused),
  badSignature: row(
    'The signature does not fit the statement, or is none this product reads.',
    'approver',
    EXIT.refused,
  ),
  wrongNamespace: row('The signature was made for another purpose.', 'approver', EXIT.refused),
  notCanonical: row('The signed text is not canonical JSON of a decision.', 'approver', EXIT.refused),
  tooLarge: row('A statement or signature is larger than any real one.', 'approver', EXIT.refused),
  unknownKey: row('The policy lists no such key for this person.', 'approver', EXIT.refused),
  keyNotYetValid: row('The key is not valid yet.', 'approver', EXIT.refused),
  keyExpired: row('The key is no longer valid.', 'approver', EXIT.refused),
  keyRevoked: row('The key was revoked.', 'approver', EXIT.refused),
  weakKey: row('The key is of a kind, or has a value, that proves nothing.', 'platform', EXIT.refused),
  wrongTenant: row('The decision was made for another tenant.', 'approver', EXIT.refused),
  wrongStage: row('The decision was made for another stage or attempt.', 'approver', EXIT.refused),
  staleChallenge: row('The decision answers an earlier opening of this request.', 'approver', EXIT.refused),
  planMismatch: row('The decision was made on another plan, policy or model.', 'approver', EXIT.refused),
  evidenceMismatch: row('The decision was made on other evidence.', 'approver', EXIT.refused),
  requestMismatch: row('The decision repeats the request, but not as it was asked.', 'approver', EXIT.refused),
  clockSkew: row("The approver's clock and the workflow's are more than five minutes apart.", 'approver', EXIT.refused),
  nothingToRevoke: row('The person has approved nothing that could still be revoked.', 'approver', EXIT.refused),
  gateClosed: row('The request was closed before the decision came.', 'approver', EXIT.refused),
  nothingHeld: row('Nothing is held.', 'nobody', EXIT.refused),
  notYourHold: row(
    'The hold stands for a reason that still holds; the judge or the policy lifts it.',
    'onCall',
    EXIT.refused,
  ),
  notBaking: row('No inconclusive bake is waiting for more time.', 'nobody', EXIT.refused),
  alreadyHeld: row('The rollout is held by this person already.', 'nobody', EXIT.refused),
  rollbackInProgress: row('Users are being put back; nothing else is taken any more.', 'nobody', EXIT.refused),
  notInAfter: row('Only a rollout in its after phase gives way to a new one.', 'engineer', EXIT.refused),
  ended: row('The rollout has ended.', 'nobody', EXIT.refused),
  rateLimited: row(
    'Too many refused messages from this sender; further ones are only counted.',
    'engineer',
    EXIT.refused,
  ),
  // Evidence
  evidenceInvalid: row(
    'A bundle was altered, or breaks a rule it claims to have kept.',
    'onCall',
    EXIT.evidenceInvalid,
  ),
  evidenceIncomplete: row(
    'A bundle is consistent but lacks a part, or is not anchored.',
    'onCall',
    EXIT.evidenceIncomplete,
  ),
  noSigner: row('ssh-keygen or the key it needs cannot be used.', 'approver', EXIT.badInput, true),
  // Reaching things
  temporalUnreachable: row('No Temporal server answers at the configured address.', 'onCall', EXIT.unreachable),
  workerAbsent: row(
    'The server answers but no worker does; the message is kept and will be handled.',
    'onCall',
    EXIT.waiting,
  ),
  unconfirmed: row('The command asks for a yes and nobody is at the keyboard.', 'engineer', EXIT.refused),
  notFound: row('There is no such rollout.', 'engineer', EXIT.badInput),
  noServer: row(
    'No Temporal server could be found, obtained or built; every way out is named.',
    'platform',
    EXIT.unreachable,
  ),
  alreadyRunning: row('A local server runs already in this directory.', 'engineer', EXIT.refused),
  timedOut: row('The wait ended before the rollout did.', 'nobody', EXIT.timedOut),
  bug: row('Something happened that Sluice should have handled; please report it.', 'sluice', EXIT.bug),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

function row(meaning: string, who: WhoActs, exit: ExitCode, retryable = false): ErrorRow {
  return { meaning, who, exit, retryable };
}
