using System.Text.Json;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Options;

namespace Marketplace.Tests.Gateway;

/// <summary>How the memory for bodies and answers is shared out.</summary>
public sealed class MemoryBudgetTests
{
    private const long MiB = 1 << 20;
    private const long All = 512 * MiB;

    private readonly MemoryBudget _budget = new(Options.Create(new GatewayOptions { MemoryBytesMax = All }));

    [Fact]
    public void BodiesOfOneAccount_HaveHalf_AndAnotherAccountTheOther()
    {
        using var own = _budget.Take(Account(1), All / 2, 0);

        AssertRefused(ErrorCode.RateLimited, () => _budget.Take(Account(1), 1, 0));
        using var other = _budget.Take(Account(2), All / 2, 0);
        AssertRefused(ErrorCode.Unavailable, () => _budget.Take(Account(3), 1, 0));
    }

    [Fact]
    public void AnswersOfAll_LeaveHalfForBodies()
    {
        using var holding = new Shares();
        for (var account = 0; account < 4; account++)
        {
            holding.Add(_budget.Take(Account(account), 0, All / 8));
        }

        AssertRefused(ErrorCode.Unavailable, () => _budget.Take(Account(9), 0, 1));
        using var body = _budget.Take(Account(9), All / 2, 0);
    }

    [Fact]
    public void AnswersOfOneAccount_HaveAnEighth()
    {
        using var own = _budget.Take(Account(1), 0, All / 8);

        AssertRefused(ErrorCode.RateLimited, () => _budget.Take(Account(1), 0, 1));
        using var body = _budget.Take(Account(1), MiB, 0);
    }

    [Fact]
    public void WhatFitsIntoTheWhole_IsServedAlone()
    {
        using var large = _budget.Take(Account(1), All, 0);

        AssertRefused(ErrorCode.Unavailable, () => _budget.Take(Account(2), 1, 0));
    }

    [Fact]
    public void BodyThatIsUsed_IsFreeWhileItsAnswerIsRead_AndNothingIsReturnedTwice()
    {
        var share = _budget.Take(Account(1), All / 2, MiB);
        share.ReturnBody();
        share.ReturnBody();

        using (_budget.Take(Account(1), (All / 2) - MiB, 0))
        {
            AssertRefused(ErrorCode.RateLimited, () => _budget.Take(Account(1), 1, 0));
        }
        share.Dispose();
        share.Dispose();
        using var whole = _budget.Take(Account(1), All, 0);
    }

    [Fact]
    public async Task BodyThatTheMarketHolds_IsNotGivenBackWhenItsClientLeaves()
    {
        var market = new FakeMarket(new ManualTime());
        var gate = new TaskCompletionSource();
        market.Gate = gate.Task;
        using var gone = new CancellationTokenSource();
        var http = Batch(Account(1), market.AddProgram(Account(1)), gone.Token);
        var request = new BodyMiddleware(
            async inside => await JobsApi.SubmitBatch(inside, FakeGrains.Of(market), TimeProvider.System),
            _budget
        ).Invoke(http);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);

        AssertRefused(ErrorCode.RateLimited, () => _budget.Take(Account(1), All / 2, 0));
        gate.SetResult();
        await http.Features.GetRequiredFeature<BodyHolder>().Call;
        using var whole = _budget.Take(Account(1), All, 0);
    }

    /// <summary>A request with a batch of one job, as it comes to the middleware.</summary>
    private static DefaultHttpContext Batch(AccountId account, ProgramId program, CancellationToken aborted)
    {
        var job = new JobRequest
        {
            RequestId = "one",
            Program = program,
            PriceMax = new TokenAmount(1),
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(new JobBatchRequest([job]), ApiJson.Default.JobBatchRequest);
        var http = new DefaultHttpContext { RequestAborted = aborted };
        (http.Request.ContentType, http.Request.ContentLength, http.Request.Body) = (
            "application/json",
            body.Length,
            new MemoryStream(body)
        );
        http.Features.Set(new CallerFeature(new Caller(account, "key", Scopes.Submit), default));
        http.SetEndpoint(
            new RouteEndpoint(
                _ => Task.CompletedTask,
                RoutePatternFactory.Parse("/"),
                0,
                new EndpointMetadataCollection(new BodyRule("application/json", GatewayPolicy.BatchBodyBytesMax, typeof(JobBatchRequest))),
                "batch"
            )
        );
        return http;
    }

    private static AccountId Account(int number) => new(new Bytes32([.. Enumerable.Repeat((byte)number, 32)]));

    private static void AssertRefused(ErrorCode code, Func<object> take)
    {
        var refusal = Assert.Throws<MarketException>(take);
        Assert.Equal(code, refusal.Code);
        Assert.Matches("[0-9],[0-9]{3}", refusal.Message);
    }

    private sealed class Shares : List<IDisposable>, IDisposable
    {
        public void Dispose() => ForEach(share => share.Dispose());
    }
}
