/** Typed keys of the search attributes. Sandbox-safe. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from './ids.js';

export const searchKeys = {
  model: defineSearchAttributeKey(SEARCH_ATTRIBUTES.model, SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, SearchAttributeType.KEYWORD),
  risk: defineSearchAttributeKey(SEARCH_ATTRIBUTES.risk, SearchAttributeType.KEYWORD),
} as const;
