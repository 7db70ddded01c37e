/**
 * Which server serves which version, as the servers themselves say. The flag names a version; deliveries go to the arm
 * that has it loaded. When both have it (after a promotion, once the baseline was redeployed) the baseline arm is used.
 */
import type { Arm } from '../workflows/contract/plan.js';

/** Base addresses, `http://127.0.0.1:<port>`. */
export type ArmUrls = Record<Arm, string>;

const LOOK_EVERY_MS = 250;
const ARMS: readonly Arm[] = ['baseline', 'candidate'];

export interface Routes {
  /** Null: no server has this version, so the delivery cannot be made. */
  armOf(version: string): Arm | null;
  /** Version each arm said it serves when last asked. */
  serving(): Partial<Record<Arm, string>>;
  stop(): void;
}

/** An arm that does not answer keeps its last version: the delivery then fails and is counted, not sent elsewhere. */
export async function watchRoutes(urls: ArmUrls): Promise<Routes> {
  const versions: Partial<Record<Arm, string>> = {};
  const look = () =>
    Promise.all(
      ARMS.map(async (arm) => {
        const answer = await fetch(`${urls[arm]}/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
        if (answer?.ok) versions[arm] = ((await answer.json()) as { version: string }).version;
      }),
    );
  await look();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return {
    armOf: (version) => ARMS.find((arm) => versions[arm] === version) ?? null,
    serving: () => ({ ...versions }),
    stop: () => clearInterval(timer),
  };
}
