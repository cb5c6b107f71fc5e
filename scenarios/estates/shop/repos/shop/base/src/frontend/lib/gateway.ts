// The one place where pages talk to services.
import { credentials, Metadata, ServiceError } from '@grpc/grpc-js';
import { CartServiceClient, CheckoutServiceClient } from '../protos/shop';
import { logger } from './telemetry';

const cart = new CartServiceClient(process.env.CART_ADDR!, credentials.createInsecure());
const checkout = new CheckoutServiceClient(process.env.CHECKOUT_ADDR!, credentials.createInsecure());

const CALLER = new Metadata();
CALLER.set('x-caller', 'frontend');

const deadline = (ms: number) => ({ deadline: Date.now() + ms });

export function getCart(userId: string) {
  return promise<Cart>((done) => cart.getCart({ userId }, CALLER, deadline(4000), done));
}

export function emptyCart(userId: string) {
  return promise<Empty>((done) => cart.emptyCart({ userId }, CALLER, deadline(4000), done));
}

export function placeOrder(order: PlaceOrderRequest) {
  return promise<PlaceOrderResponse>((done) => checkout.placeOrder(order, CALLER, deadline(15_000), done));
}

function promise<T>(call: (done: (error: ServiceError | null, answer: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, answer) => {
      if (error) {
        logger.warn({ code: error.code, details: error.details }, 'upstream failed');
        reject(error);
      } else {
        resolve(answer);
      }
    });
  });
}
