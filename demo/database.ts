/**
 * The outcomes database, a process of its own: PostgreSQL in WebAssembly (PGlite) behind a loopback socket. All its
 * connections share one session: the socket keeps a transaction together but mixes loose statements, and a setting made
 * by one connection holds for all. So whoever writes opens `begin read write` and says everything inside it.
 */
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { announceReady, endWithParent } from './child.js';

export interface DatabaseReady {
  port: number;
}

const TABLE = `
  create table outcomes (
    at timestamptz not null,
    arm text not null,
    via text not null,
    mail_type text not null,
    flagged boolean not null,
    mail text not null
  );
  create index outcomes_at on outcomes (at);
`;

const db = await PGlite.create();
await db.exec(TABLE);
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 20 });
await server.start();
endWithParent(async () => {
  await server.stop();
  await db.close();
});
announceReady({ port: Number(server.getServerConn().split(':').at(-1)) } satisfies DatabaseReady);
