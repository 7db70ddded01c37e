/** Do the in-toto statements follow from plan, admission and journal? Pure. */
import { isSame } from '../../approvals/statement.js';
import { statementsOf } from '../statements.js';
import { type Case, type Check, count, type Finding, incomplete, invalid, ok } from './line.js';

export const statementChecks: Check[] = [{ name: 'statements', find: statements }];

function statements({ dossier, hasEnded }: Case): Finding[] {
  const { plan, admission, entries, statements: kept } = dossier;
  if (!kept)
    return incomplete(hasEnded ? 'the in-toto statements are not there' : 'in-toto statements are written at the end');
  if (!plan) return incomplete('without the plan they cannot be made again');
  const made = statementsOf(plan, admission, entries);
  const differs = made.findIndex((each, index) => !isSame(each, kept[index]));
  if (differs >= 0 || made.length !== kept.length) {
    return invalid(
      `in-toto statement ${(differs < 0 ? made.length : differs) + 1} is not what the journal makes of it`,
    );
  }
  return ok(`${count(kept.length, 'in-toto statement')} follow from plan, admission and journal`);
}
