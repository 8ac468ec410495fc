using System.CommandLine;

namespace Marketplace.Cli;

/// <summary>The options that every command has.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> Url { get; } =
        new("--url")
        {
            Description = "Address of the service [MARKET_URL, else the url file of the data folder]",
            HelpName = "URL",
            Recursive = true,
        };

    public Option<string?> Key { get; } =
        new("--key")
        {
            Description =
                "API key [MARKET_KEY, else the key file of the data folder]. Other users of this machine can see it while the command runs",
            HelpName = "KEY",
            Recursive = true,
        };

    public Option<string?> Data { get; } =
        new("--data")
        {
            Description = "Data folder of the silo [MARKET_DATA, else ./data]",
            HelpName = "DIR",
            Recursive = true,
        };

    public Option<string?> Ca { get; } =
        new("--ca")
        {
            Description = "PEM file: authorities that may sign the service's certificate [MARKET_CA, else those that this machine trusts]",
            HelpName = "FILE",
            Recursive = true,
        };

    public Option<bool> AllowPlaintext { get; } =
        new("--allow-plaintext") { Description = "Send the key over plain HTTP to another machine", Recursive = true };

    public Option<bool> Json { get; } =
        new("--json") { Description = "One JSON document on standard output; errors as problem JSON on standard error", Recursive = true };

    public void AddTo(Command root)
    {
        root.Add(Url);
        root.Add(Key);
        root.Add(Data);
        root.Add(Ca);
        root.Add(AllowPlaintext);
        root.Add(Json);
    }
}
