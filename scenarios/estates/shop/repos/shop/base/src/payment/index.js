const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const { charge } = require('./charge');
const { logger } = require('./telemetry');

const definition = grpc.loadPackageDefinition(loader.loadSync('shop.proto'));
const server = new grpc.Server();

server.addService(definition.shop.PaymentService.service, {
  charge(call, done) {
    charge(call.request).then(
      (answer) => done(null, answer),
      (error) => {
        logger.warn({ err: error }, error.message);
        done(error);
      },
    );
  },
});

server.bindAsync(`0.0.0.0:${process.env.PAYMENT_PORT}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  logger.info({ port }, 'payment listening');
});
