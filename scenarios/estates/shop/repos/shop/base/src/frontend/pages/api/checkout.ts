import type { NextApiRequest, NextApiResponse } from 'next';
import { placeOrder } from '../../lib/gateway';
import { sessionOf } from '../../lib/session';

export default async function handler(request: NextApiRequest, response: NextApiResponse) {
  if (request.method !== 'POST') return response.status(405).end();
  const session = sessionOf(request);
  try {
    const { order } = await placeOrder({ ...request.body, userId: session.userId, userCurrency: session.currency });
    return response.status(200).json(order);
  } catch (error) {
    return response.status(502).json({ error: String(error), back: '/cart' });
  }
}
