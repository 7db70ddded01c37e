/** The forecast as people read it, before they start a rollout. */
import type { PlanForecast } from '../forecast/ask.js';
import type { LoadedPlan } from '../files.js';
import { safe, wrap } from '../render/text.js';
import type { Shell } from './shell.js';

export async function sayForecast(shell: Shell, loaded: LoadedPlan, forecast: PlanForecast): Promise<void> {
  const { forecastLines } = await import('../render/forecast.js');
  const canvas = shell.canvas();
  const { paint, width } = canvas;
  shell.say('', ...forecastLines(loaded.plan, forecast, canvas));
  for (const note of forecast.notes) shell.say(...wrap(`  ${paint.dim(safe(note))}`, width, '      '));
  for (const { refuses, message, remedy, code } of forecast.troubles) {
    const mark = refuses ? paint.red('refused') : paint.yellow('warning');
    shell.say(...wrap(`${mark} ${safe(message)}; ${safe(remedy)} [${code}]`, width, '  '));
  }
}
