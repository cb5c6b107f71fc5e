// Charges a card at the payment provider.
const { randomUUID } = require('node:crypto');
const { request } = require('undici');
const { context, trace } = require('@opentelemetry/api');

const { logger, transactions } = require('./telemetry');

const ACCEPTED = new Set(['visa', 'mastercard', 'maestro', 'amex']);
const TIMEOUT_MS = 2000;

class CardRefused extends Error {
  constructor(reason) {
    super(`card refused: ${reason}`);
    this.code = 9; // FAILED_PRECONDITION
  }
}

function check(card) {
  if (!ACCEPTED.has(card.brand)) throw new CardRefused(`brand ${card.brand} is not accepted`);
  const last = new Date(Date.UTC(card.year, card.month, 1));
  if (last <= new Date()) throw new CardRefused('expired');
}

async function charge({ amount, creditCard }) {
  check(creditCard);
  const key = randomUUID();
  const started = Date.now();
  const answer = await request(`${process.env.PSP_URL}/charges`, {
    method: 'POST',
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    headers: { 'content-type': 'application/json', 'idempotency-key': key, 'x-region': process.env.PSP_REGION },
    body: JSON.stringify({ amount, token: creditCard.token }),
  });
  const body = await answer.body.json();
  if (answer.statusCode !== 201) throw new CardRefused(body.reason ?? `provider answered ${answer.statusCode}`);

  transactions.add(1, { currency: amount.currencyCode });
  logger.info(
    { transactionId: body.id, ms: Date.now() - started, trace: trace.getSpan(context.active())?.spanContext().traceId },
    'charge accepted',
  );
  return { transactionId: body.id };
}

module.exports = { charge, CardRefused };
