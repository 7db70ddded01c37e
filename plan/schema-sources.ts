/** The plan language of sources. zod; not for the sandbox. */
import { z } from 'zod';
import { connection, duration } from './words.js';

export const sourceSchema = z.strictObject({
  scrape: connection()
    .optional()
    .meta({
      description: 'Metrics pages of both arms, read by Sluice itself.',
      examples: ['spam-servers'],
      standard: 'one of scrape, sql, prometheus',
    }),
  sql: connection()
    .optional()
    .meta({
      description: 'Database that speaks the Postgres protocol.',
      examples: ['outcomes'],
      standard: 'one of scrape, sql, prometheus',
    }),
  prometheus: connection()
    .optional()
    .meta({ description: 'Prometheus server.', examples: ['metrics'], standard: 'one of scrape, sql, prometheus' }),
  window: duration()
    .optional()
    .meta({
      description: 'Length of a window; every look judges whole windows. From 1s to 1d.',
      examples: ['1m'],
      standard: '`1m`',
    }),
  settle: duration()
    .optional()
    .meta({
      description: 'How long after the end of a window outcomes may still arrive: it closes at end + settle.',
      examples: ['30s'],
      standard: '`0s`',
    }),
});
