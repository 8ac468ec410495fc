using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>What a job gave and what it wrote: bytes of an untrusted program, so they leave only as attachments.</summary>
internal static class JobContentApi
{
    private static readonly string[] Reads = [HttpMethods.Get, HttpMethods.Head];

    public static void MapJobContentApi(this IEndpointRouteBuilder routes)
    {
        var content = routes.MapGroup("").WithTags("Jobs");
        content
            .MapMethods($"{Routes.Jobs}/{{job}}/input", Reads, Input)
            .WithName("GetJobInput")
            .Needs(Scopes.Read)
            .Transfers()
            .GivesBytes()
            .Refuses(ErrorCode.JobNotFound, ErrorCode.JobDropped, ErrorCode.BlobNotFound, ErrorCode.BlobDamaged);
        content
            .MapMethods($"{Routes.Jobs}/{{job}}/output", Reads, Output)
            .WithName("GetJobOutput")
            .Needs(Scopes.Read)
            .Transfers()
            .GivesBytes()
            .Refuses(
                ErrorCode.JobNotFound,
                ErrorCode.JobDropped,
                ErrorCode.OutputNotAvailable,
                ErrorCode.BlobNotFound,
                ErrorCode.BlobDamaged
            );
        content
            .MapMethods($"{Routes.Jobs}/{{job}}/log", Reads, Log)
            .WithName("GetJobLog")
            .Needs(Scopes.Read)
            .GivesBytes()
            .Refuses(ErrorCode.JobNotFound, ErrorCode.JobDropped);
        content
            .MapMethods($"{Routes.Jobs}/{{job}}/receipt", Reads, Receipt)
            .WithName("GetJobReceipt")
            .Needs(Scopes.Read)
            .GivesBytes()
            .Refuses(ErrorCode.JobNotFound, ErrorCode.JobDropped, ErrorCode.ReceiptNotFound);
    }

    /// <summary>The input that a job was submitted with, also by Range.</summary>
    internal static async Task<IResult> Input(
        HttpContext http,
        string job,
        IGrainFactory grains,
        IBlobStore blobs,
        RateLimits rates,
        IOptions<GatewayOptions> options
    )
    {
        var id = RequestReader.Job(job);
        var spec = (await grains.GetGrain<IJobGrain>(id.ToString()).Get(http.Caller()).WaitAsync(http.RequestAborted)).Spec;
        if (spec.InputBlob is not { } blob)
        {
            return Download.Bytes(spec.Input, $"{id}.input");
        }
        var view = await BlobsApi.Find(http, blob, grains);
        return new TransferAnswer(
            Download.Blob(blobs, blob, view.Size, $"{id}.input"),
            http.Caller().Account,
            rates,
            options.Value.AccountTransfersMax
        );
    }

    /// <summary>The output of a completed job, also by Range.</summary>
    internal static async Task<IResult> Output(
        HttpContext http,
        string job,
        IGrainFactory grains,
        IBlobStore blobs,
        RateLimits rates,
        IOptions<GatewayOptions> options
    )
    {
        var id = RequestReader.Job(job);
        var view = await grains.GetGrain<IJobGrain>(id.ToString()).Get(http.Caller()).WaitAsync(http.RequestAborted);
        if (view.Status != JobStatus.Completed)
        {
            throw new MarketException(ErrorCode.OutputNotAvailable, GatewayMessages.JobHasNoOutput);
        }
        return view.Output.Blob is { } blob
            ? new TransferAnswer(
                Download.Blob(blobs, blob, view.Output.Size, $"{id}.output"),
                http.Caller().Account,
                rates,
                options.Value.AccountTransfersMax
            )
            : Download.Bytes(view.Output.Inline, $"{id}.output");
    }

    /// <summary>What the program wrote to its log.</summary>
    internal static async Task<Download> Log(HttpContext http, string job, IGrainFactory grains)
    {
        var id = RequestReader.Job(job);
        var log = await grains.GetGrain<IJobGrain>(id.ToString()).GetLog(http.Caller()).WaitAsync(http.RequestAborted);
        return Download.Bytes(log, $"{id}.log");
    }

    /// <summary>The receipt of a job that has ended: what was run on what, what came out, what it cost, and who says so.</summary>
    internal static async Task<Download> Receipt(HttpContext http, string job, IGrainFactory grains)
    {
        var id = RequestReader.Job(job);
        var receipt = await grains.GetGrain<IJobGrain>(id.ToString()).GetReceipt(http.Caller()).WaitAsync(http.RequestAborted);
        return Download.Bytes(receipt, $"{id}.receipt.json");
    }
}
