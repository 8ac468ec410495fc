using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Gateway.Tests;

/// <summary>What connections read into: large pieces, used again.</summary>
public sealed class ConnectionBufferTests
{
    [Fact]
    public void Server_ReadsIntoTheGatewaysBuffers()
    {
        using var services = new ServiceCollection().AddMarketplaceGateway().BuildServiceProvider();
        using var pool = services.GetRequiredService<IMemoryPoolFactory<byte>>().Create();
        using var piece = pool.Rent();
        Assert.Equal(GatewayPolicy.ConnectionBufferBytes, piece.Memory.Length);
    }

    [Fact]
    public void ReturnedBuffer_IsTheNextOne_AndTwoAreNeverTheSame()
    {
        using var pool = new ConnectionBuffers().Create();
        var first = pool.Rent();
        var memory = first.Memory;
        first.Dispose();
        first.Dispose();
        using var again = pool.Rent();
        using var other = pool.Rent();
        Assert.True(again.Memory.Equals(memory));
        Assert.False(other.Memory.Equals(memory));
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
    }

    [Fact]
    public void MoreThanAPieceHas_IsRefused()
    {
        using var pool = new ConnectionBuffers().Create();
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(GatewayPolicy.ConnectionBufferBytes + 1));
    }
}
