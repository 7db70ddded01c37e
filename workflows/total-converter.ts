/**
 * A payload converter that never throws: bytes nobody can read become `{undecodable: reason}`, which the inbox records
 * and refuses. The SDK's own converter would fail the workflow task for ever. Loaded into sandbox, worker and client.
 */
import { DefaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

const inner = new DefaultPayloadConverter();

export const payloadConverter: PayloadConverter = {
  toPayload<T>(value: T): Payload {
    return inner.toPayload(value);
  },
  fromPayload<T>(payload: Payload): T {
    try {
      return inner.fromPayload<T>(payload);
    } catch (error) {
      const reason = error instanceof Error ? error.message.slice(0, 200) : 'unreadable';
      return { undecodable: reason } as T;
    }
  },
};
