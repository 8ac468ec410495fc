using System.Text.Json;
using Marketplace.Api.Workers;

namespace Marketplace.Worker;

/// <summary>What a worker adds to the traces of the jobs that it runs.</summary>
internal static class RunTrace
{
    /// <summary>Setting up, running and uploading, whether or not the market ever hears of it.</summary>
    public static void AddRun(WorkerResult result, WorkerId worker)
    {
        if (JobTrace.Traces(result.Job))
        {
            JobTrace.AddStage(
                result.Job,
                JobStage.Run,
                result.StartedAt,
                result.EndedAt,
                links: null,
                Attribute("worker.id", worker.ToString()),
                Attribute("lease.id", result.Lease.ToString()),
                Attribute("run.outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Outcome.ToString())),
                Attribute("run.fuel", result.FuelUsed)
            );
        }
    }

    /// <summary>From the run's end until the market has the result: the wait for others of its batch, and the call.</summary>
    public static void AddReport(WorkerResult result, WorkerId worker, TimeProvider time)
    {
        if (JobTrace.Traces(result.Job))
        {
            JobTrace.AddStage(
                result.Job,
                JobStage.Report,
                result.EndedAt,
                time.GetUtcNow(),
                links: null,
                Attribute("worker.id", worker.ToString()),
                Attribute("lease.id", result.Lease.ToString())
            );
        }
    }

    private static KeyValuePair<string, object?> Attribute(string name, object value) => new($"marketplace.{name}", value);
}
