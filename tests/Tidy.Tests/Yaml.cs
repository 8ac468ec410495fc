using YamlDotNet.RepresentationModel;

namespace Marketplace.Tests.Tidy;

/// <summary>A part of a YAML document. A member that is not there is a part as well, which does not exist.</summary>
internal sealed class Yaml(YamlNode? node)
{
    private const string Merge = "<<";

    public bool Exists => node is not null;

    public string Kind => this["kind"].ToString();

    public string Name => this["metadata"]["name"].ToString();

    public IEnumerable<Yaml> Items => node is YamlSequenceNode items ? items.Select(item => new Yaml(item)) : [];

    /// <summary>Its members, and those of the part that it is merged with where it has none of that name.</summary>
    public IEnumerable<(string Name, Yaml Value)> Members => Own.Concat(Merged.Where(member => Own.All(own => own.Name != member.Name)));

    public Yaml this[string name] => Members.FirstOrDefault(member => member.Name == name).Value ?? new Yaml(null);

    private IEnumerable<(string Name, Yaml Value)> Own =>
        node is YamlMappingNode mapping
            ? mapping.Children.Where(child => child.Key.ToString() != Merge).Select(child => (child.Key.ToString(), new Yaml(child.Value)))
            : [];

    private IEnumerable<(string Name, Yaml Value)> Merged =>
        node is YamlMappingNode mapping && mapping.Children.TryGetValue(Merge, out var merged) ? new Yaml(merged).Members : [];

    public static IEnumerable<Yaml> Documents(string file)
    {
        using var text = File.OpenText(Path.Combine(Repository.Root, file));
        var stream = new YamlStream();
        stream.Load(text);
        return stream.Documents.Select(document => new Yaml(document.RootNode));
    }

    public bool Is(string value) => ToString() == value;

    public override string ToString() => node is YamlScalarNode scalar ? scalar.Value ?? "" : "";
}
