using Marketplace.Gateway;

namespace Marketplace.Tests.Gateway;

/// <summary>The lines of an open stream that are not empty, after its first comment.</summary>
internal sealed class EventLines(HttpResponseMessage response, StreamReader reader) : IDisposable
{
    public static async Task<EventLines> Open(HttpClient client, string path = Routes.Events, string? lastId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastId is not null)
        {
            request.Headers.Add(EventsRule.LastId, lastId);
        }
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        var lines = new EventLines(
            response,
            new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken))
        );
        Assert.Equal(": open", await lines.Next());
        return lines;
    }

    /// <returns>Null at the end.</returns>
    public async Task<string?> Next()
    {
        while (true)
        {
            var line = await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            if (line is not "")
            {
                return line;
            }
        }
    }

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}
