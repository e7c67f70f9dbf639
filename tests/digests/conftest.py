"""Laws take as long as the machine lets them: a slow example is not a wrong one."""

import hypothesis

hypothesis.settings.register_profile("laws", deadline=None, print_blob=True)
hypothesis.settings.load_profile("laws")
