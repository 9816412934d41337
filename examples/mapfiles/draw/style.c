/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The style sheet. No variables and no scripts: what draws pictures in a mail reader or
 * on a forge knows neither.
 */
#include "svg.h"

static const char common[] =
	"text{font-family:\"DejaVu Sans\",Verdana,Arial,sans-serif;font-size:10px}\n"
	".name{font-size:12px}.program{font-size:12px;font-weight:bold}\n"
	".title{font-size:20px;font-weight:bold}.line{font-size:12px}\n"
	".address,.prot{font-family:\"DejaVu Sans Mono\",Menlo,Consolas,monospace}\n"
	".address,.size{text-anchor:end}.prot,.between,.middle{text-anchor:middle}\n"
	".high{font-size:7.5px}.gone{font-weight:bold}.key{font-size:11px}\n"
	"rect{stroke-width:1}.none{fill-opacity:0.07}rect.none,rect.outline{stroke-opacity:0.55}\n"
	".read{fill-opacity:0.26}.write{fill-opacity:0.55}.exec,.wx{fill-opacity:0.94}\n"
	".some{fill-opacity:0.4}.unknown{fill-opacity:0.12}\n"
	"rect.outline{fill-opacity:0}.hole{fill:none}.stripe{stroke-width:3}.hole{stroke-dasharray:1.5 3}\n";

struct paper {
	const char *paper, *ink, *faint, *on_dark, *on_light, *gone;
};

static const struct paper light = {
	"#ffffff", "#1a1c1f", "#62676e", "#ffffff", "#1a1c1f", "#b3261e"
};
static const struct paper dark = {
	"#15171a", "#e9ebee", "#9ba1a8", "#0c0d0f", "#0c0d0f", "#ff8a80"
};

static void put_paper(FILE *to, const struct paper *paper)
{
	fprintf(to, ".paper{fill:%s}.ink,.prot{fill:%s}.faint{fill:%s}.gone{fill:%s}\n",
		paper->paper, paper->ink, paper->faint, paper->gone);
	fprintf(to, ".shared{fill:%s}.hole,.rule{stroke:%s}.stripe{stroke:%s}\n", paper->ink,
		paper->faint, paper->paper);
	fprintf(to, ".on{fill:%s}.file.on{fill:%s;stroke:none}\n", paper->on_light, paper->on_dark);
}

void svg_style(FILE *to)
{
	enum hue hue;

	fprintf(to, "<style>\n%s", common);
	put_paper(to, &light);
	for (hue = 0; hue < N_HUES; hue++)
		fprintf(to, "rect.%s{fill:%s;stroke:%s}\n", hue_looks[hue].class,
			hue_looks[hue].light, hue_looks[hue].light);
	fputs("@media(prefers-color-scheme:dark){\n", to);
	put_paper(to, &dark);
	for (hue = 0; hue < N_HUES; hue++)
		fprintf(to, "rect.%s{fill:%s;stroke:%s}\n", hue_looks[hue].class,
			hue_looks[hue].dark, hue_looks[hue].dark);
	fputs("}\n</style>\n"
	      "<defs><pattern id=\"stripes\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	      "patternTransform=\"rotate(45)\"><path class=\"stripe\" d=\"M0 0V6\"/></pattern></defs>\n",
	      to);
}
