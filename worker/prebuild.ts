/** Last step of `npm run build`: writes the workflow bundle beside the compiled worker. */
import { writeFileSync } from 'node:fs';
import { BUNDLE_FILE, buildBundle } from './bundle.js';

writeFileSync(BUNDLE_FILE, (await buildBundle()).code);
