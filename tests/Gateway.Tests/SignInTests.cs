using System.Net;
using System.Net.Http.Json;
using Marketplace.Gateway;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Tests.Gateway;

/// <summary>A ticket brings a browser to the key that asked for it, once, and stands for nothing else.</summary>
public sealed class SignInTests
{
    [Fact]
    public async Task Ticket_IsTheKeyThatAskedForIt_Once()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(null);
        var ticket = await Ticket(gateway);

        using var first = await Use(stranger, ticket);
        Assert.Equal(gateway.Key, (await first.Read(ApiJson.Default.SignedIn)).Key);

        await Use(stranger, ticket).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task Ticket_IsNoTicketOfAnEventStream_AndTheOtherWayRound()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(null);
        using var answer = await gateway.Client.Send(HttpMethod.Post, Routes.EventTickets);
        var events = (await answer.Read(ApiJson.Default.EventTicket)).Ticket;

        await Use(stranger, events).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
        await stranger
            .Send(HttpMethod.Get, $"{Routes.Events}?ticket={await Ticket(gateway)}")
            .Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task TicketThatWasNeverGiven_IsRefused(string ticket)
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(null);

        await Use(stranger, ticket).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task LinkOfTheHost_HoldsATicketBehindTheHash()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(null);

        var link = gateway.Services.GetRequiredService<SignInLinks>().Create("http://127.0.0.1:8080/", gateway.Key);

        Assert.StartsWith("http://127.0.0.1:8080/#ticket=", link, StringComparison.Ordinal);
        using var used = await Use(stranger, link[^64..]);
        Assert.Equal(gateway.Key, (await used.Read(ApiJson.Default.SignedIn)).Key);
    }

    private static async Task<string> Ticket(GatewayFixture gateway)
    {
        using var answer = await gateway.Client.Send(HttpMethod.Post, Routes.SignIns);
        return (await answer.Read(ApiJson.Default.SignInTicket)).Ticket;
    }

    private static Task<HttpResponseMessage> Use(HttpClient client, string ticket) =>
        client.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, Routes.SignInUse)
            {
                Content = JsonContent.Create(new SignInRequest(ticket), ApiJson.Default.SignInRequest),
            },
            TestContext.Current.CancellationToken
        );
}
