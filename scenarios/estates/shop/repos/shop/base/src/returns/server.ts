// Returns: a customer sends something back, somebody decides what happens with it.
import Fastify from 'fastify';
import { Pool } from 'pg';

const db = new Pool({ connectionString: process.env.DB_CONNECTION_STRING, max: 8 });
const app = Fastify({ logger: true });

type Reason = 'damaged' | 'wrong-item' | 'no-longer-wanted';
const DAYS_TO_RETURN = 30;

app.post<{ Body: { orderId: string; productId: string; reason: Reason } }>('/returns', async (request, reply) => {
  const { orderId, productId, reason } = request.body;
  const found = await db.query('select placed_at from accounting.entry where order_id = $1', [orderId]);
  if (found.rowCount === 0) {
    request.log.warn({ orderId }, 'return for an order that is not booked');
    return reply.code(404).send({ error: 'order not found' });
  }
  const age = (Date.now() - found.rows[0].placed_at.getTime()) / 86_400_000;
  if (age > DAYS_TO_RETURN) return reply.code(409).send({ error: 'too late' });
  const { rows } = await db.query(
    'insert into returns.request (order_id, product_id, reason) values ($1, $2, $3) returning id',
    [orderId, productId, reason],
  );
  return reply.code(201).send({ id: rows[0].id });
});

app.get('/healthz', async () => ({ ok: true }));
app.listen({ port: Number(process.env.RETURNS_PORT), host: '0.0.0.0' });
