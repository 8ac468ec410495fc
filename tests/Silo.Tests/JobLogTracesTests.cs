using Marketplace.Worker;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Marketplace.Tests.Silo;

public sealed partial class JobLogTracesTests
{
    private static readonly JobId Job = JobId.Parse("00112233445566778899aabbccddeeff" + new string('7', 32));

    [Fact]
    public void LineThatNamesAJob_BelongsToItsTrace_AndNoOther()
    {
        var kept = new Kept();
        using var factory = LoggerFactory.Create(logging =>
            logging.AddOpenTelemetry(logs => logs.AddProcessor(new JobLogTraces()).AddProcessor(kept))
        );
        var log = factory.CreateLogger("test");

        LogJob(log, "one", Job);
        LogNone(log, "two");

        Assert.Equal(["00112233445566778899aabbccddeeff", new string('0', 32)], kept.Traces);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Word} of job {Job}")]
    private static partial void LogJob(ILogger log, string word, JobId job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Word} of none")]
    private static partial void LogNone(ILogger log, string word);

    private sealed class Kept : BaseProcessor<LogRecord>
    {
        public List<string> Traces { get; } = [];

        public override void OnEnd(LogRecord data) => Traces.Add(data.TraceId.ToHexString());
    }
}
