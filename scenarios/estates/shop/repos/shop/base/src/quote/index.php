<?php

declare(strict_types=1);

use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Log\LoggerInterface;
use Slim\Factory\AppFactory;

require __DIR__ . '/vendor/autoload.php';

$container = require __DIR__ . '/container.php';
$app = AppFactory::createFromContainer($container);

/** What a parcel costs in US dollars: a start, and something for each item. */
function quote(int $items): float
{
    if ($items < 1) {
        throw new InvalidArgumentException("a parcel has at least one item, not {$items}");
    }

    return round(3.49 + 1.18 * $items, 2);
}

$app->post('/getquote', function (ServerRequestInterface $request, ResponseInterface $response) use ($container) {
    $log = $container->get(LoggerInterface::class);
    $body = json_decode((string) $request->getBody(), true, 4, JSON_THROW_ON_ERROR);
    try {
        $cost = quote((int) ($body['numberOfItems'] ?? 0));
    } catch (InvalidArgumentException $problem) {
        $log->warning($problem->getMessage());

        return $response->withStatus(400);
    }
    $log->info('quote', ['items' => $body['numberOfItems'], 'cost' => $cost]);
    $response->getBody()->write(json_encode($cost));

    return $response->withHeader('Content-Type', 'application/json');
});

$app->run();
