// The gRPC face of the carts.

using Grpc.Core;
using Shop.Cart.Proto;
using Shop.Cart.Storage;

namespace Shop.Cart;

public sealed class CartService(ICartStore store) : Proto.CartService.CartServiceBase
{
    private static readonly Empty Nothing = new();

    public override async Task<Empty> AddItem(AddItemRequest request, ServerCallContext context)
    {
        if (request.Item.Quantity <= 0)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "quantity must be positive"));
        }

        await store.AddItemAsync(request.UserId, request.Item.ProductId, request.Item.Quantity);
        return Nothing;
    }

    public override Task<Proto.Cart> GetCart(GetCartRequest request, ServerCallContext context) =>
        store.GetCartAsync(request.UserId);

    public override async Task<Empty> EmptyCart(EmptyCartRequest request, ServerCallContext context)
    {
        await store.EmptyCartAsync(request.UserId);
        return Nothing;
    }
}
